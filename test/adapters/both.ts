import { useAws } from './emulator.ts'

/**
 * Holds a port's promises against its program in memory and against the real adapter: what operations are tested on is
 * what they run on.
 */
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
