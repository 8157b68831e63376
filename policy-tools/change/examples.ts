// Rules: test/policies/changes/weakenings.test.ts
import { assessChange, type ChangeAsked, type ChangeAssessment } from '../../functions/domain/agents/assess-change.ts'
import type { noRecord } from '../../functions/domain/people/host.ts'
import { type Assessment, assess } from '../../functions/domain/policy/assess.ts'
import { assessPlan, type PlanAssessment } from '../../functions/domain/policy/assess-plan.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { PolicyCase, runCase } from '../../functions/domain/policy/policy-case.ts'
import type { Answer, Ask } from '../../functions/domain/policy/question.ts'
import { defined, type NumericDate } from '../../functions/domain/values.ts'
import type { CaseExample } from './change.ts'
import { type PersonPoint, type Point, usualTime } from './question-space.ts'

type Expected = Extract<CaseExample, { ask: unknown; expect: { tier: number } | { refused: string } }>['expect']

/** The expectation of a case with this assessment. Undefined if the form of cases cannot express it. */
function expectationOf(found: Assessment | PlanAssessment | ChangeAssessment): Expected | undefined {
  const policies = [...found.policies]
  if (found.outcome === 'requestable') return { tier: found.tier, policies, below: [...found.below] }
  return found.reason === 'policy_error' ? undefined : { refused: found.reason, policies }
}

const whenOf = (now: NumericDate) => (now === usualTime ? {} : { now: new Date(now * 1000).toISOString() })

/** The ask in the form of a case, without default values. */
export function askOf({ asked }: Pick<Point, 'asked'>) {
  const {
    agent,
    action,
    arguments: args,
    purpose,
    delegators = [],
    recent,
    host,
    justified,
    task,
    taskSource,
    preview,
    change,
  } = asked
  const record = Object.entries(host?.record ?? {}).filter(([, count]) => count > 0)
  return defined({
    agent: agent as string,
    action,
    arguments: args,
    purpose,
    delegators: delegators.length > 0 ? [...delegators] : undefined,
    recent: recent ? recent : undefined,
    ambient: host?.ambient === 'unknown' ? undefined : host?.ambient,
    record: record.length > 0 ? (Object.fromEntries(record) as Partial<typeof noRecord>) : undefined,
    justified: justified === false ? justified : undefined,
    task: task === 'unchecked' ? undefined : task,
    taskSource: taskSource === 'agent' ? undefined : taskSource,
    preview,
    change,
  })
}

/** Checks only the form, since the expectation is policy's own answer. */
const isCase = (example: CaseExample): boolean => PolicyCase.safeParse(example).success

/** A case with this bundle's answer. At `plan` it is a plan of one step that another agent may do. */
export function exampleOf(bundle: Bundle, ask: Ask, point: Point, name: string): CaseExample | undefined {
  const { asked, moment, now } = point
  if (moment === 'plan') return planExample(bundle, ask, point, name)
  if (moment !== 'request') return undefined
  const expect = expectationOf(assess(bundle, ask, asked, now))
  const example = expect && { name, ask: askOf(point), ...whenOf(now), expect }
  return example && isCase(example) ? example : undefined
}

function planExample(bundle: Bundle, ask: Ask, { asked, now }: Point, name: string): CaseExample | undefined {
  const { agent, action, purpose } = asked
  for (const { id } of bundle.agents) {
    const steps = [{ agent: id, action, arguments: asked.arguments }]
    const found = assessPlan(bundle, ask, { agent, purpose, steps }, now)
    const expect = found.outcome === 'requestable' ? expectationOf(found) : undefined
    const plan = { agent: agent as string, purpose, steps }
    const example = expect && { name, plan, ...whenOf(now), expect }
    if (example && isCase(example)) return example
  }
  return undefined
}

/** A case with this bundle's answer to a change of the registry, if its agent is as in the bundle. */
export function changeExample(
  bundle: Bundle,
  ask: Ask,
  { before, ...change }: ChangeAsked,
  now: NumericDate,
  name: string,
): CaseExample | undefined {
  const expect = expectationOf(assessChange(bundle, ask, { ...change, before }, now))
  if (!expect) return undefined
  const example: CaseExample = { name, change, ...whenOf(now), expect }
  const parsed = PolicyCase.safeParse(example)
  return parsed.success && runCase(bundle, ask, parsed.data) === undefined ? example : undefined
}

/** A case with a person's right in this bundle. */
export function personExample(
  bundle: Bundle,
  ask: Ask,
  { point, now, ...rest }: PersonPoint,
  name: string,
  { permit, policies }: Answer,
): CaseExample | undefined {
  const said = defined({ ...rest, ask: point && askOf(point) })
  const example = { name, ...said, ...whenOf(now), expect: { permit, policies: [...policies] } } as CaseExample
  const parsed = PolicyCase.safeParse(example)
  return parsed.success && runCase(bundle, ask, parsed.data) === undefined ? example : undefined
}

/** The point with the shortest text. */
export const simplest = (points: readonly Point[]): Point | undefined =>
  points.toSorted((a, b) => sizeOf(a) - sizeOf(b))[0]

const sizeOf = (point: Point) =>
  JSON.stringify(askOf(point)).length + (point.now === usualTime ? 0 : 30) + (point.moment === 'request' ? 0 : 1000)
