import type { NumericDate } from './values.ts'

/** A call that was made with AWS credentials of ours, as AWS has it on record: what, on what, how it went; no argument. */
export type RecordedCall = {
  /** The record's own id of it. */
  id: string
  at: NumericDate
  /** `ssm` */
  service: string
  /** `PutParameter` */
  name: string
  account: string
  region: string
  /** The names of what it was about, as far as the record says. */
  resources: readonly string[]
  /** Why AWS refused it, where it did. */
  error?: string
}
