import { useAws } from './emulator.ts'

/** Holds a port's double in memory and the real adapter to the same promises, so that operations are tested on a true double. */
export function onBoth<T>(
  port: string,
  make: { memory: () => T | Promise<T>; real: () => Promise<T> },
  promises: (make: () => Promise<T>) => void,
): void {
  describe(`${port} in memory`, () => promises(async () => make.memory()))
  describe(`${port} on AWS`, () => {
    useAws()
    promises(make.real)
  })
}
