import * as z from 'zod'
import type { Gating, Input } from '../../../../client/adapters/tool-permits.ts'
import type { Approved } from '../../../../client/index.ts'

/** A call of the model, from the script. */
export type Call = { id: string; tool: 'configure' | 'note'; input: Input }

/** The result that the model gets for a call. */
export type Told = { id: string; text: string; isError: boolean }

/** One run of an agent: its model makes these calls in one turn, and then says that it is done. */
export type Script = {
  calls: readonly Call[]
  gating: Pick<Gating, 'hotwork' | 'tools' | 'purpose' | 'wait'> & { parentTask: { id: string } }
  /** The work of both tools. `permit` is that of a gated call. */
  work(input: Input, permit?: Approved): Promise<string> | string
}

/** Runs it under a real framework. @returns the results that the model got */
export type Driver = (script: Script) => Promise<Told[]>

export const configureSchema = z.object({ FunctionName: z.string(), Timeout: z.number() })
export const noteSchema = z.object({ text: z.string() })
