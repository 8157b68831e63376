import { mostDrifts } from '../../../functions/domain/record/preview.ts'
import { approvalsOf } from '../../../functions/domain/record/request.ts'
import { decideByOf } from '../../../functions/domain/requests/open-stage.ts'
import { stateDigest } from '../../support/ask.ts'
import { always, inForce, on, type Rule } from './rule.ts'
import type { Step } from './search.ts'
import type { Witness } from './witness.ts'

/** The state that a reading would find; undefined if the reading fails. */
const thereNow = ({ scenario, world }: Step): string | undefined =>
  world.unreadable ? undefined : stateDigest(scenario.states?.[world.there]?.name ?? '')

/** Whether this event is the first that hands out the right to act, or is the act. */
function isFirstAct(
  { ask, states }: Step['scenario'],
  event: { type: string; claim?: string },
  seen: Witness,
): boolean {
  if (!states || seen.begun.length > 0) return false
  if (event.type === 'UseBegun') return ask.credential === 'mediated'
  if (ask.credential === 'token') return event.claim === 'access_token' && seen.grant?.claimed === false
  return ask.credential === 'sts' && event.claim === 'aws'
}

/** INV11: people decide on the present state, and their decision is carried out on no other. */
export const rulesOfDrift: readonly Rule[] = [
  on('INV11', 'a decision is on the state that stands in the request', ['Decided'], ({ state }, seen) =>
    state === seen.state ? undefined : `on ${state}, while ${seen.state} stands`,
  ),
  always('INV11', 'the state in the request, and of each approval, is the one in the ledger', (after, sees) => {
    const found = after.preview?.outcome === 'matched' ? after.preview.state : undefined
    if (found !== sees.state) return `${found} stands, in the ledger ${sees.state}`
    const old = approvalsOf(after).find(({ state, stage }) => state !== sees.state && !sees.inherited.includes(stage))
    return old && `an approval of ${old.state} counts for ${sees.state}`
  }),
  on(
    'INV11',
    'an issue or a call needs the approved state, read just before',
    ['CredentialIntended', 'UseBegun'],
    (event, seen, step) => {
      if (!isFirstAct(step.scenario, event, seen)) return undefined
      const there = thereNow(step)
      if (there === undefined) return 'nothing could be read'
      return there !== seen.state && `on ${there}, while ${seen.state} was approved`
    },
  ),
  on('INV11', 'the next stage opens on the present state, if it can be read', ['StageOpened'], (_event, seen, step) => {
    const filled = step.told.some(({ event }) => event.type === 'Decided' && event.verdict === 'approve')
    const there = step.scenario.states && filled ? thereNow(step) : undefined
    return there !== undefined && there !== seen.state && `on ${there}, while ${seen.state} stands`
  }),
  on(
    'INV11',
    'another state is another round, on the rung that it needs, three times at most',
    ['StateChanged'],
    ({ preview, round, tier, stages }, seen, step) => {
      if (preview.outcome !== 'matched' || preview.state !== thereNow(step)) return 'the reading was another'
      if (preview.state === seen.state) return 'it is the same state'
      if (seen.drifts >= mostDrifts) return 'a fourth time'
      if (round !== seen.round + 1) return `it makes round ${round} of ${seen.round}`
      const before = inForce(step.scenario, seen)
      const needed = inForce(step.scenario, { ...seen, state: preview.state })
      if (tier < before.tier) return 'it needs less than before'
      return (
        (tier !== needed.tier || `${stages.map(({ name }) => name)}` !== `${needed.stages.map(({ name }) => name)}`) &&
        'it is on another rung'
      )
    },
  ),
  on(
    'INV11',
    'a pending request keeps its time, and one that had a grant gets that of its stages',
    ['StateChanged'],
    ({ decideBy, stages, at }, seen, { scenario: { ask } }) => {
      const until = seen.grant ? decideByOf(ask, stages, at) : seen.decideBy
      return decideBy !== until && `until ${decideBy - until} s later`
    },
  ),
  on(
    'INV11',
    'a grant with a use does not begin another round',
    ['StateChanged'],
    (_event, seen) => seen.begun.length > 0 && 'a use was begun',
  ),
]
