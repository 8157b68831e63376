// Rules: test/targets/aws/runs/automation-and-build.test.ts
import { canonicalForm } from '../../../domain/digest.ts'
import type { Account } from '../../../domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../../domain/policy/catalogue.ts'
import type { ChangeSummary } from '../../../domain/policy/change-summary.ts'
import type { Json, JsonObject, NumericDate } from '../../../domain/values.ts'
import type { LookedUp } from '../../reach.ts'

/** AWS in one account, as one role: an operation by its model in the bundle, such as `ssm:GetDocument`. */
export type RunSettings = {
  account: Account
  entry: CatalogueEntry
  /** AWS's answer as JSON: times as text, bytes as base64. @throws AWS's fault, with AWS's name */
  call(operation: string, args: JsonObject): Promise<JsonObject>
  /** A value as the agent may see it, by the class of the resource. */
  mask(value: Json): Json
}

/** One kind of run. Its line is in `runs.ts`. */
export interface Run {
  /**
   * Starts it, as the runner. `makeOnce` judges what it throws.
   * @param key the once-only key of the use: 64 hexadecimal digits
   */
  start(args: JsonObject, settings: RunSettings, key: string): Promise<Begun>
  /** Finds by reading, as the reader, whether it was started. It starts nothing. */
  lookUp(args: JsonObject, of: LostStart, settings: RunSettings): Promise<LookedUp>
  /** Reads its definition, as the reader. @throws Unfit if it must not be asked for */
  describe(args: JsonObject, settings: RunSettings): Promise<Description>
  /**
   * The role and the parts of a started run, read as the follower, where its definition may have changed before the start.
   * @param looked the answer of this look
   */
  seenNow?(args: JsonObject, settings: RunSettings, looked: JsonObject): Promise<SeenNow>
  /** Words about the end of a run that did not succeed, read as the follower. If it throws there are none. */
  noteOf?(args: JsonObject, settings: RunSettings): Promise<string | undefined>
}

/** `output` is for the agent. Without `run` it has ended, and `failed` says how. */
export type Begun = { run?: string; failed?: string; output: JsonObject }

/** `session`: the runner's name and that of its session, which is the request's id: `Hotwork-runner/req_...`. */
export type LostStart = { key: string; session: string; begunAt: NumericDate }

/** The digest is over everything that people approve, with the role. */
export type Description = {
  digest: string
  /** The ARN of the role that the run acts as. Null if it has none of its own. */
  runsAs: string | null
  /** The parts that the digest does not pin, in plain words. */
  open: readonly string[]
  /** All texts that may name what it changes, of any number and length. The answer has only Hotwork's own names. */
  concerns?: readonly string[]
  /** The digest of those parts that a started run shows again, as `seenNow` reads them. */
  shows?: string
  change?: ChangeSummary
  tree?: Json
}

export type SeenNow = { role?: string | undefined; shows?: string | undefined }

/** A definition that may not be asked for. The name is safe to log and to show. */
export class Unfit extends Error {
  override readonly name: string

  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

/** `makeOnce` takes it for a lost answer. */
export class AlreadyStarted extends Error {
  override readonly name = 'AlreadyStarted'
}

/** AWS's clock and Hotwork's may differ by this. */
export const clocksDifferSeconds = 30

/** Parts of AWS's answers. */
export const objectOf = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
export const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])
/** @throws for a missing text */
export function textOf(value: Json | undefined): string {
  if (typeof value !== 'string' || value === '') throw new TypeError('AWS answered without a text that it promises')
  return value
}

/** The JSON that an argument is at AWS: its text, or an object of the catalogue. */
export const jsonText = (value: Json): string => (typeof value === 'string' ? value : canonicalForm(value))
