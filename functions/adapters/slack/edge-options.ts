import type { Bundle } from '../../domain/bundle.ts'
import type { CarriedOut } from '../../operations/carry-out.ts'
import type { DecisionAsk } from '../../operations/decide-request.ts'
import type { Log } from '../../operations/ports.ts'
import type { SigningSecrets } from './signature.ts'
import type { Whisper } from './whisper.ts'

/** What Slack's door needs from the world. Each group of listeners takes of it what it uses. */
export type EdgeOptions = {
  bundle: Pick<Bundle, 'directory' | 'deployment'>
  /** The signing secrets that are good now. They are read before anything of the request is believed. */
  secrets(): Promise<SigningSecrets>
  /** Decides, and starts no transaction once `mayStart` says no. */
  decide(ask: DecisionAsk, mayStart: () => boolean): Promise<CarriedOut>
  whisper: Whisper
  /** Whole seconds. */
  now(): number
  log: Log
}
