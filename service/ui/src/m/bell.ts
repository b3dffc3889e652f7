/** What an offer sounds and feels like, where the phone allows it. */

let context: AudioContext | undefined;

/** Browsers let a page sound only after a touch: called with one. */
export function allowSound(): void {
  context ??= new AudioContext();
  void context.resume();
}

export function ring(): void {
  navigator.vibrate?.([300, 150, 300, 150, 600]);
  if (context?.state !== "running") return;
  const start = context.currentTime;
  for (const [after, pitch] of [
    [0, 880],
    [0.35, 660],
    [0.7, 880],
  ] as const) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.25, start + after);
    volume.gain.exponentialRampToValueAtTime(0.001, start + after + 0.3);
    tone.connect(volume).connect(context.destination);
    tone.start(start + after);
    tone.stop(start + after + 0.3);
  }
}
