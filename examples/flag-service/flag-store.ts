import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

export type FlagValue = boolean | number | string

/** Uses older than this can not come again: the grants behind them have long ended. */
const rememberMilliseconds = 24 * 3600 * 1000

/** The flags of every environment, in memory and, if there is a file, in it. */
export class FlagStore {
  readonly #file: string | undefined
  #state: { flags: Record<string, FlagValue>; uses: Record<string, number> }

  constructor(file?: string) {
    this.#file = file
    const kept = file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
    this.#state = { flags: { ...kept.flags }, uses: { ...kept.uses } }
  }

  get(environment: string, flag: string): FlagValue | undefined {
    const name = `${environment}/${flag}`
    return Object.hasOwn(this.#state.flags, name) ? this.#state.flags[name] : undefined
  }

  /**
   * Sets a flag under one use. A use changes a flag once: when its call comes again, the flag may have been set to
   * something else under another use since, and stays so. Flag and use are kept together or not at all.
   */
  set(environment: string, flag: string, value: FlagValue, use: string): void {
    if (Object.hasOwn(this.#state.uses, use)) return
    const now = Date.now()
    const recent = Object.entries(this.#state.uses).filter(([, at]) => now - at < rememberMilliseconds)
    const state = {
      flags: { ...this.#state.flags, [`${environment}/${flag}`]: value },
      uses: { ...Object.fromEntries(recent), [use]: now },
    }
    if (this.#file !== undefined) {
      writeFileSync(`${this.#file}.next`, `${JSON.stringify(state, null, 2)}\n`)
      renameSync(`${this.#file}.next`, this.#file)
    }
    this.#state = state
  }
}
