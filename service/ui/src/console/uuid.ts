/** `crypto.randomUUID` is there only over https and on this machine; a desk may be on an intranet without. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const text = [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
  const [a, b, c, d] = [text.slice(0, 8), text.slice(8, 12), text.slice(13, 16), text.slice(17, 20)];
  return `${a}-${b}-4${c}-8${d}-${text.slice(20)}`;
}
