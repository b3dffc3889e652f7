/** A part of the page that is loaded when it is wanted first. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button, useDesk } from "./parts.tsx";

export function Lazy<Props extends object>(given: {
  load: () => Promise<{ default: ComponentType<Props> }>;
  props: Props;
}) {
  const { t } = useDesk();
  const [found, keep] = useState<{ part: ComponentType<Props> } | null>(null);
  const [failed, fail] = useState(0);
  useEffect(() => {
    let wanted = true;
    given.load().then(
      (module) => wanted && keep({ part: module.default }),
      () => wanted && fail((count) => count + 1),
    );
    return () => {
      wanted = false;
    };
  }, []);
  if (failed > 0) {
    return (
      <p class="empty">
        <Button onPress={() => location.reload()}>{t("opening")}</Button>
      </p>
    );
  }
  if (!found) return <p class="empty">{t("opening")}</p>;
  const Part = found.part;
  return <Part {...given.props} />;
}
