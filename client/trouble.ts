import { type Exit, exits } from './exit-codes.ts'

export type Told = { code: string; title: string; detail?: string | undefined }

/** A no that was to be expected: of the API, of policy, or of this program about what was typed. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly told: Told
  readonly exit: Exit
  constructor(exit: Exit, told: Told) {
    super(told.title)
    this.told = told
    this.exit = exit
  }
}

/** Something that did not work. Whether it was done is not known, unless it says so. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly told: Told
  readonly exit = exits.fault
  constructor(told: Told, options?: ErrorOptions) {
    super(told.title, options)
    this.told = told
  }
}

export const wrongUsage = (title: string, detail: string): Refusal =>
  new Refusal(exits.usage, { code: 'usage', title, detail })
