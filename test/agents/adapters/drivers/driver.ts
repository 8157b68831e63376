import * as z from 'zod'
import type { Gating, Input } from '../../../../client/adapters/tool-permits.ts'
import type { Approved } from '../../../../client/index.ts'

/** A call that the model makes, as the script has it. */
export type Call = { id: string; tool: 'configure' | 'note'; input: Input }

/** What the model is told of a call. */
export type Told = { id: string; text: string; isError: boolean }

/** One run of an agent: its model makes these calls in one turn, and then says that it is done. */
export type Script = {
  calls: readonly Call[]
  gating: Pick<Gating, 'hotwork' | 'tools' | 'purpose' | 'wait'> & { parentTask: { id: string } }
  /** What both tools do. `permit`: of a gated call. */
  work(input: Input, permit?: Approved): Promise<string> | string
}

/** Runs it under a real framework. @returns what the model was told */
export type Driver = (script: Script) => Promise<Told[]>

export const configureSchema = z.object({ FunctionName: z.string(), Timeout: z.number() })
export const noteSchema = z.object({ text: z.string() })
