import type { Action as Told } from '../../functions/domain/cards/wire/action.ts'
import { defined } from '../http.ts'
import { type Asker, apiFor } from './permit.ts'

/** An action that policy could permit this agent. */
export type Action = {
  name: string
  /** One line, with `{arguments.Name}` where a value goes. */
  title: string
  /** `aws`, or the gated tool that takes the token. */
  tool: string
  credential: string
  /** The JSON Schema of the arguments. */
  arguments: { readonly [keyword: string]: unknown }
  /** The id is a template of the arguments. */
  resource: { type: string; id: string }
  /** The purposes with which it could be permitted; absent if any would do. */
  purposes?: readonly string[]
  /** The tier; absent if it depends on the arguments, or on facts that change. */
  tier?: number
  /** The agent could only propose it, as a step of a plan. */
  planOnly?: true
  /** Arguments to copy, and the resource that they name. */
  example?: { arguments: { readonly [name: string]: unknown }; resource: { type: string; id: string } }
}

/** The parts of an ask that are known already: the id of a resource, a tool, a purpose. */
export type ActionsWanted = { resource?: string; tool?: string; purpose?: string; signal?: AbortSignal }

/** @internal @throws Refusal, Fault; the reason of the signal */
export async function listActions({ signal, ...wanted }: ActionsWanted, asker: Asker): Promise<readonly Action[]> {
  const noKey = () => Promise.reject(new TypeError('a list needs no proof'))
  return (await apiFor(asker, noKey, signal).listActions(wanted)).map(actionOf)
}

const actionOf = ({ plan_only: planOnly, ...told }: Told): Action => ({ ...told, ...defined({ planOnly }) }) as Action
