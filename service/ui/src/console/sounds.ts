/** What the console sounds like: made of plain tones, no files. Off until the person turns it on. */

export type Sound = "routine" | "urgent" | "critical" | "help" | "overdue";

/** Pitch in hertz (0 is silence) and length in seconds of each tone. */
const TONES: Record<Sound, readonly (readonly [number, number])[]> = {
  routine: [[660, 0.18]],
  urgent: [
    [784, 0.16],
    [0, 0.06],
    [988, 0.22],
  ],
  critical: [
    [988, 0.14],
    [784, 0.14],
    [988, 0.14],
    [784, 0.14],
    [988, 0.3],
  ],
  help: [
    [1318, 0.12],
    [0, 0.06],
    [1318, 0.12],
    [0, 0.06],
    [1318, 0.12],
    [0, 0.12],
    [880, 0.45],
  ],
  overdue: [
    [523, 0.25],
    [0, 0.1],
    [523, 0.25],
  ],
};

let context: AudioContext | undefined;

/** Whether the browser can sound at all. */
export function hasSound(): boolean {
  return typeof AudioContext !== "undefined";
}

/** Browsers let a page sound only after the person did something: called then. False where there is no sound. */
export async function allowSound(): Promise<boolean> {
  if (!hasSound()) return false;
  context ??= new AudioContext();
  await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 500))]);
  return context.state === "running";
}

/** Whether a sound would be heard. */
export function canSound(): boolean {
  return context?.state === "running";
}

export function play(sound: Sound): void {
  if (context?.state !== "running") return;
  let at = context.currentTime + 0.02;
  for (const [pitch, seconds] of TONES[sound]) {
    if (pitch > 0) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.type = "triangle";
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.3, at + 0.02);
      volume.gain.setValueAtTime(0.3, at + seconds - 0.04);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + seconds);
    }
    at += seconds;
  }
}
