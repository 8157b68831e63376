// Rules: test/operations/previews/drift.test.ts
import { isGuarded } from '../../domain/previews/drift.ts'
import { rulesOf } from '../../domain/record/origin.ts'
import { keptSteps } from '../../domain/record/plan-step.ts'
import { largestPreview, previewOfSteps } from '../../domain/record/preview.ts'
import type { ApprovalRequest, Ask } from '../../domain/record/request.ts'
import { defined } from '../../domain/values.ts'
import type { Act } from '../../targets/kinds.ts'
import type { Log } from '../ports.ts'
import type { AskingPorts } from '../record/ports.ts'
import type { StateReader, StateReading } from './ports.ts'

export type ReaderPorts = { reader: StateReader }

/** Undefined if nothing was read. A reader that throws, against its contract, counts as having read nothing. */
export async function readState(
  ask: Pick<Ask, 'id' | 'ancestors' | 'action' | 'arguments' | 'resource' | 'classification' | 'steps' | 'runsAs'>,
  ports: ReaderPorts & Pick<AskingPorts, 'clock'> & { log?: Log },
): Promise<StateReading | undefined> {
  if (rulesOf(ask).asks === 'steps') return readStatesOfSteps(ask, ports)
  const found = await readStateOf(ask, ports)
  const preview = found?.preview
  if (ask.runsAs === undefined || preview?.outcome !== 'matched') return found
  const { runsAs, concerns = [] } = preview.run ?? {}
  if (runsAs === ask.runsAs && concerns.length === 0) return found
  // People decide on the role, and no one on Hotwork's own. Either needs another ask.
  if (runsAs === ask.runsAs) ports.log?.warn('run_concerns_hotwork', { request: ask.id })
  else ports.log?.warn('run_role_changed', { request: ask.id })
  return { preview: { outcome: 'failed', why: 'unreadable', observedAt: preview.observedAt } }
}

/**
 * Reads steps in parallel. A step after another step of the same resource is skipped: its state does not exist yet.
 */
async function readStatesOfSteps(
  { id, ancestors, steps }: Pick<Ask, 'id' | 'ancestors' | 'steps'>,
  ports: ReaderPorts & Pick<AskingPorts, 'clock'>,
): Promise<StateReading | undefined> {
  const ahead = keptSteps({ ask: defined({ steps }) }).filter(({ after }) => after === undefined)
  const most = Math.floor(largestPreview / Math.max(ahead.length, 1))
  const read = await Promise.all(
    ahead.map(async (each) => ({
      step: each.step,
      preview: (await readStateOf({ ...each, id, ancestors }, ports, most))?.preview,
    })),
  )
  const found = read.flatMap(({ step, preview }) => (preview ? [{ step, preview }] : []))
  return found.length === 0 ? undefined : { preview: previewOfSteps(found) }
}

async function readStateOf(
  ask: Pick<Ask, 'id' | 'ancestors' | 'action' | 'arguments' | 'resource' | 'classification'>,
  { reader, clock }: ReaderPorts & Pick<AskingPorts, 'clock'>,
  most?: number,
): Promise<StateReading | undefined> {
  const { action, arguments: args, resource, classification } = ask
  const about = {
    ...{ request: ask.ancestors[0] ?? ask.id, action, arguments: args, resource, classification },
    ...defined({ most }),
  }
  try {
    return await reader.read(about)
  } catch {
    return { preview: { outcome: 'failed', why: 'unavailable', observedAt: clock.now() } }
  }
}

/** Reads the resource again before the first act that the state guards. */
export const readStateFor = (
  state: ApprovalRequest,
  act: Act,
  ports: ReaderPorts & Pick<AskingPorts, 'clock'> & { log?: Log },
): Promise<StateReading | undefined> | undefined => (isGuarded(state, act) ? readState(state.ask, ports) : undefined)
