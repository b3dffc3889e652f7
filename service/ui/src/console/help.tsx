/** What the keys do. */

import { Button, Modal, useDesk } from "./parts.tsx";
import type { Key } from "./texts/index.ts";

const KEYS: readonly (readonly [string, Key])[] = [
  ["J / K", "key_jk"],
  ["Enter", "key_enter"],
  ["/", "key_slash"],
  ["N", "key_n"],
  ["M", "key_m"],
  ["W", "key_w"],
  ["A", "key_a"],
  ["?", "key_question"],
  ["Esc", "key_escape"],
];

export function Keys() {
  const { t } = useDesk();
  return (
    <dl class="keys">
      {KEYS.map(([key, text]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{t(text)}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Help() {
  const { desk, t } = useDesk();
  const close = () => desk.set({ dialog: null });
  return (
    <Modal title={t("keys_title")} onClose={close}>
      <Keys />
      <Button onPress={close}>{t("close")}</Button>
    </Modal>
  );
}
