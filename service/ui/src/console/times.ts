/** Times as inputs of the kind datetime-local take them: on this machine's clock, which in the city is the city's. */

export function forInput(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** As the API takes it; null for an empty input. */
export function fromInput(value: string): string | null {
  return value ? new Date(value).toISOString() : null;
}
