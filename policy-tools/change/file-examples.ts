import type { ArgumentSchema } from '../../functions/domain/policy/arguments.ts'
import { type ActionFacts, assess, findActionFacts } from '../../functions/domain/policy/assess.ts'
import { namesOfTier } from '../../functions/domain/policy/filling.ts'
import { type Ask, personActions } from '../../functions/domain/policy/question.ts'
import type { AgentId, Json, JsonObject, PersonId } from '../../functions/domain/values.ts'
import type { CaseExample } from './change.ts'
import type { Difference } from './compare.ts'
import { exampleOf, personExample } from './examples.ts'
import type { ExampleOfFile, Judged } from './judge.ts'
import { answerPerson } from './person-space.ts'
import { combinations, type PersonPoint, type Point, pointOf, type Side, spaceOf, usualTime } from './question-space.ts'
import { argumentsNaming, someArgument } from './targets.ts'
import { textsApart } from './texts-apart.ts'

type Asked = Side & { ask: Ask }
type Sides = { old: Asked; new: Asked }

/** Of each action. */
const mostPoints = 400

/** In what new asks the differences of the files show. */
export function examplesOfFiles(sides: Sides): ExampleOfFile {
  const asks = new Asks(sides.new)
  return (judged) => {
    const { change, difference } = judged
    const { path } = difference
    const [member, name = '', part = ''] = path
    const title = `${change.from.split(': ')[0]}: ${change.to}`.replaceAll('`', '')
    const of = (point: Point | undefined) => point && exampleOf(sides.new.bundle, sides.new.ask, point, title)
    switch (member) {
      case 'ladder':
        return name === 'tiers' ? of(asks.atTier(Number(part))) : undefined
      case 'agents':
        return of(asks.ofAgent(name as AgentId))
      case 'actions':
        return of(asks.showing(judged, name)) ?? of(asks.forAction(name))
      case 'resources':
        return of(asks.about(name, part))
      case 'tools':
        return of(asks.where(({ entry }) => entry.tool === name))
      case 'classes':
        return of(asks.where(({ resource }) => resource.classification === name))
      case 'deployment':
        return of(asks.where(({ entry }) => name === 'accounts' && entry.account === part))
      case 'directory':
        return change.person
          ? personCase(sides, pointsOfPerson(change.person as PersonId, asks, sides.new), title)
          : undefined
      case 'breakGlass':
        return personCase(sides, pointsOfOpening(difference, asks, sides.new), title)
      default:
        return undefined
    }
  }
}

/** What could be asked of one side. Each is made and assessed once, and only when it is looked at. */
class Asks {
  readonly #side: Asked
  readonly #points = new Map<string, readonly Point[]>()
  readonly #tiers = new WeakMap<Point, { tier: number | undefined }>()

  constructor(side: Asked) {
    this.#side = side
  }

  #of(action: string): readonly Point[] {
    const points = this.#points.get(action) ?? pointsFor(this.#side, action)
    this.#points.set(action, points)
    return points
  }

  *#all(): Generator<Point> {
    for (const action of Object.keys(this.#side.bundle.actions)) yield* this.#of(action)
  }

  #tierOf(point: Point): number | undefined {
    const known = this.#tiers.get(point)
    if (known) return known.tier
    const found = assess(this.#side.bundle, this.#side.ask, point.asked, point.now)
    const tier = found.outcome === 'requestable' ? found.tier : undefined
    this.#tiers.set(point, { tier })
    return tier
  }

  /** One that may be requested, if there is one. */
  #firstOf(points: Iterable<Point>): Point | undefined {
    let first: Point | undefined
    for (const point of points) {
      if (this.#tierOf(point) !== undefined) return point
      first ??= point
    }
    return first
  }

  atTier(tier: number): Point | undefined {
    for (const point of this.#all()) if (this.#tierOf(point) === tier) return point
    return undefined
  }

  where(fits: (facts: ActionFacts) => boolean): Point | undefined {
    const fit = ({ asked }: Point) => {
      const facts = findActionFacts(this.#side.bundle, asked)
      return facts.ok && fits(facts.value)
    }
    return this.#firstOf(this.#all().filter(fit))
  }

  any = (): Point | undefined => this.#firstOf(this.#all())
  forAction = (action: string): Point | undefined => this.#firstOf(this.#of(action))

  ofAgent(agent: AgentId): Point | undefined {
    const asAgent = ({ asked, ...point }: Point): Point => ({ ...point, asked: { ...asked, agent } })
    return this.#firstOf(this.#all().map(asAgent))
  }

  about(type: string, id: string): Point | undefined {
    const { bundle } = this.#side
    const points = Object.values(bundle.actions).flatMap((entry) => {
      const those = entry.resource.type === type ? this.#of(entry.name) : []
      const [args] = those[0] ? argumentsNaming(entry, bundle, those[0].asked.arguments, [id]) : []
      return args ? those.map((point) => withArguments(point, args)) : []
    })
    return this.#firstOf(points)
  }

  /** With a value that one side takes and the other does not. */
  showing({ difference, direction }: Judged, action: string): Point | undefined {
    const usual = this.forAction(action)
    const [, , member, of, argument = ''] = difference.path
    if (!usual || member !== 'arguments') return undefined
    const { [argument]: now, ...others } = usual.asked.arguments
    if (of === 'required') return withArguments(usual, others)
    const { from, to } = difference
    const [wide, tight] = direction === 'narrowed' ? [from, to] : [to, from]
    const value = valueApart(difference.path, { wide, tight, now })
    if (value === undefined) return undefined
    const point = withArguments(usual, { ...others, [argument]: value })
    // What is refused all the same shows no widening.
    return direction === 'widened' && this.#tierOf(point) === undefined ? undefined : point
  }
}

function pointsFor(side: Asked, action: string): readonly Point[] {
  const space = spaceOf([side], action)
  if ([...space.dimensions.values()].some((values) => values.length === 0)) return []
  const drafts = combinations(space, ['agent', 'target', 'purpose'], mostPoints, 0)
  return drafts.map((draft) => pointOf(space, draft, [side]))
}

const withArguments = (point: Point, args: JsonObject): Point => ({
  ...point,
  asked: { ...point.asked, arguments: args },
})

/** A longer text would be no example that people read. */
const longestExample = 1024

/** `wide`: what the side that takes more has there. `now`: what the argument is in a usual ask. */
type Apart = { wide: Json | undefined; tight: Json | undefined; now: Json | undefined }

function valueApart(path: readonly string[], { wide, tight, now }: Apart): Json | undefined {
  const [, , , , , keyword, member] = path
  const text = typeof now === 'string' ? now : 'a'
  switch (keyword) {
    case undefined:
      return someArgument(wide as unknown as ArgumentSchema)
    case 'maximum':
    case 'minimum':
      return wide
    case 'enum':
      return member
    case 'pattern':
      return typeof wide === 'string' && typeof tight === 'string' ? textsApart(tight, wide).gained : undefined
    case 'maxLength':
      return Number(wide) > longestExample ? undefined : text.padEnd(Number(wide), text.at(-1) ?? 'a')
    case 'minLength':
      return text.slice(0, Number(wide ?? 0))
    default:
      return undefined
  }
}

/** What a person could do, the weightiest first. */
function pointsOfPerson(person: PersonId, asks: Asks, { bundle }: Asked): readonly PersonPoint[] {
  const at = { person, now: usualTime }
  const requests = bundle.ladder.tiers.flatMap((tier) => {
    const point = tier.stages.length > 0 ? asks.atTier(tier.tier) : undefined
    return point ? [{ point, tier }] : []
  })
  const approvals = requests.flatMap(({ point, tier }) =>
    namesOfTier(tier).map((stage) => ({ ...at, does: 'approve' as const, stage, point, tier: tier.tier })),
  )
  const profiles = (bundle.breakGlass?.profiles ?? []).map(({ name }) => name)
  return personActions.flatMap((does): readonly PersonPoint[] => {
    switch (does) {
      case 'approve':
        return approvals
      case 'breakGlass':
      case 'review':
        return profiles.map((profile) => ({ ...at, does, profile }))
      case 'ask':
      case 'allowStanding':
        return requests.map(({ point, tier }) => ({ ...at, does, point, tier: tier.tier }))
      case 'standIn':
        return bundle.directory.people.map(({ id }) => ({ ...at, does, absent: id }))
      case 'recertify':
        return [{ ...at, does, subject: 'agent:of-the-case' }]
      default:
        return [{ ...at, does }]
    }
  })
}

/** A person who may open what the difference is about. */
function pointsOfOpening({ path }: Difference, asks: Asks, { bundle }: Asked): readonly PersonPoint[] {
  const [, part, profile] = path
  const point = asks.any()
  const what = part === 'profiles' ? { profile } : { point }
  return bundle.directory.people.map(({ id }) => ({ person: id, does: 'breakGlass', ...what, now: usualTime }))
}

/** What is permitted on the new side alone, or else is permitted there, or else is not. */
function personCase(sides: Sides, points: readonly PersonPoint[], title: string): CaseExample | undefined {
  const asked = points.map((point) => ({
    point,
    was: answerPerson(sides.old, point),
    is: answerPerson(sides.new, point),
  }))
  const apart = asked.find(({ was, is }) => was?.permit !== is?.permit)
  const best = apart ?? asked.find(({ is }) => is?.permit) ?? asked[0]
  if (!best?.is) return undefined
  const { permit, policies } = best.is
  return personExample(sides.new.bundle, sides.new.ask, best.point, { name: title, permit, policies })
}
