/** What changed under one's hands, and what was refused for it. */

import { Button, useDesk } from "./parts.tsx";
import type { Notice } from "./state.ts";

export function Notices() {
  const { state } = useDesk();
  return (
    <div role="alert" class="notices">
      {state.notices.map((each) => (
        <One key={each.id} notice={each} />
      ))}
    </div>
  );
}

function One({ notice }: { notice: Notice }) {
  const { desk, t, language } = useDesk();
  const { problem, title } = notice;
  const what = notice.changes.map((each) => t.of("change", each)).join(language === "zh" ? "、" : ", ");
  return (
    <div class={problem ? "notice refused" : "notice"}>
      <p>
        {problem ? (
          <>
            <strong>{t("notice_refused", { problem: problem.title })}</strong> {problem.detail}{" "}
            {what && t("notice_meanwhile", { what })}
          </>
        ) : (
          t("notice_changed", { title, what })
        )}
      </p>
      <Button small onPress={() => desk.dismiss(notice.id)}>
        {t("dismiss")}
      </Button>
    </div>
  );
}
