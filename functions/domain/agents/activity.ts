import { type AgentRecord, noRecord } from '../people/host.ts'
import type { Agent } from '../people/organisation.ts'
import { hourIn } from '../policy/calendar.ts'
import type { NumericDate } from '../values.ts'
import type { Activity, Counts } from './agent-file.ts'

/** From 19 to 7 o'clock in the time zone of the calendar, for all agents: an agent has no time zone of its own. */
export function isNight(at: NumericDate, zone: string): boolean {
  const hour = hourIn(zone, at)
  return hour < 7 || hour >= 19
}

export const noCounts: Counts = { ...noRecord, approved: 0 }

/** The agent's record as policy reads it. */
export const recordOf = (activity: Activity | undefined): AgentRecord => {
  if (!activity) return noRecord
  const { approved: _, ...record } = activity.days30
  return record
}

/** The least number of requests that shows a habit. */
const enough = 10
const most = 0.8

const share = (part: number, whole: number) => `${Math.round((part / whole) * 100)} % of ${whole}`

/** The ways in which thirty days on record contradict the agent's declared class, in words for people. */
export function findingsOf(
  { autonomy }: Pick<Agent, 'autonomy'>,
  activity: Activity | undefined,
  zone: string,
): readonly string[] {
  if (!activity) return []
  const { asked, denied, refused, tierZero, extraCalls, night } = activity.days30
  const isMuch = (part: number) => asked >= enough && part / asked > most
  const found: string[] = []
  if (autonomy === 'supervised' && isMuch(tierZero))
    found.push(`acts alone more than its class says: ${share(tierZero, asked)} requests needed no person`)
  if (autonomy === 'assistive' && tierZero > 0)
    found.push(`is declared assistive, and acted alone ${times(tierZero)}: no person was there to assist`)
  if (autonomy === 'assistive' && night > 0)
    found.push(
      `is declared assistive, and asked ${times(night)} at night (19 to 7 o’clock ${zone}), when few people work`,
    )
  if (autonomy === 'autonomous' && asked >= enough && tierZero === 0)
    found.push('is declared autonomous, and never acted alone: `supervised` would describe it')
  if (autonomy === 'orchestrator' && tierZero > 0)
    found.push(`is declared orchestrator, and acted by itself ${times(tierZero)}`)
  if (extraCalls > 0) found.push(`made ${extraCalls} ${extraCalls === 1 ? 'call' : 'calls'} that no request asked for`)
  if (isMuch(denied)) found.push(`asks for what people do not want: ${share(denied, asked)} requests were denied`)
  if (refused >= enough && refused > asked)
    found.push(`tries what policy forbids: ${refused} refused attempts, and ${asked} requests`)
  return found
}

const times = (count: number) => (count === 1 ? 'once' : `${count} times`)
