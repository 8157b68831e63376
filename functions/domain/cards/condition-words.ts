// Rules: test/policies/explain.test.ts
import { clamp, exact, inert } from '../inert.ts'
import type { Condition, Fact, FactTest } from '../policy/condition.ts'
import type { Json } from '../values.ts'
import type { Part, Sentence } from './sentence.ts'

/** A condition of a policy in words: as a fact, as its contrary, or as a wish. */

type Mood = 'so' | 'not' | 'were'

/** The longest shown value, in characters; a longer one is cut. */
const longest = 80

/** The facts behind a condition, one by one: as stated if it holds, negated if it fails. */
export function conditionWords(condition: Condition): readonly Sentence[] {
  const { holds } = condition
  if (holds === 'error') return [[...named(condition), ` cannot be judged: ${inert(condition.error ?? 'it errs')}`]]
  if (condition.kind === 'either') {
    // A failed condition failed in all its ways; for one that holds, only the ways that hold are told.
    const ways = condition.ways.filter((way) => holds !== 'yes' || way.every((each) => each.holds === 'yes'))
    return ways.flatMap((way) => way.filter(isTold(holds)).flatMap(conditionWords))
  }
  const mood = holds === 'yes' ? 'so' : 'not'
  if (condition.kind !== 'other') return [testWords(condition, mood, condition.met[0]?.value)]
  const met = condition.met.map(({ fact, value }) => [...factWords(fact), ' is ', shown(value)])
  const text: Sentence = [{ value: inert(condition.text) }, mood === 'so' ? ' holds' : ' does not hold']
  return [met.length === 0 ? text : [...text, ' (', ...joined(met), ')']]
}

const isTold =
  (holds: Condition['holds']) =>
  (each: Condition): boolean =>
    each.holds === holds || each.holds === 'error'

const named = (condition: Condition): Sentence =>
  condition.kind === 'other'
    ? [{ value: inert(condition.text) }]
    : condition.kind === 'either'
      ? ['one of several conditions']
      : factWords(condition.fact)

/** As a wish: `the environment were staging`. */
export const wishWords = (test: FactTest): Sentence => testWords(test, 'were', undefined)

/** `one`, `one and two`, `one, two and three`. */
export const joined = (all: readonly Sentence[], last = ' and ', between = ', '): Sentence =>
  all.flatMap((each, at) => [...(at === 0 ? [] : [at === all.length - 1 ? last : between]), ...each])

function testWords(test: FactTest, mood: Mood, met: Json | undefined): Sentence {
  const special = specialWords(test, mood)
  if (special) return special
  const fact = factWords(test.fact)
  const is = (text: string) => (mood === 'were' ? ` were ${text}` : ` is ${text}`)
  const isNot = test.kind !== 'compared' && test.not !== (mood === 'not')
  switch (test.kind) {
    case 'compared':
      return [...fact, ...comparedWords(test, mood, met)]
    case 'true':
      return [...fact, is(isNot ? 'false' : 'true')]
    case 'present':
      return [...fact, is(isNot ? 'not given' : 'given')]
    case 'empty':
      return [...fact, is(isNot ? 'not empty' : 'empty')]
    case 'contains':
      return [...fact, ` ${mood === 'were' ? 'had' : 'has'} ${isNot ? 'no ' : ''}`, shown(test.value)]
    case 'like':
      return mood === 'were'
        ? [...fact, isNot ? ' did not fit ' : ' fitted ', shown(test.pattern)]
        : [...fact, ' is ', shown(met), isNot ? ', which does not fit ' : ', which fits ', shown(test.pattern)]
    case 'among': {
      const values = joined(
        test.values.map((each) => [shown(each)]),
        ' or ',
      )
      if (mood === 'were') return [...fact, isNot ? ' were none of ' : ' were ', ...values]
      return [...fact, ...isMet(met), isNot ? ', none of ' : ', one of ', ...values]
    }
    case 'entity':
      return [
        ...fact,
        is(`${isNot ? 'not ' : ''}${test.by === 'in' ? 'in ' : test.by === 'is' ? 'of type ' : ''}`),
        shown(test.to),
      ]
    default:
      return test satisfies never
  }
}

const isMet = (met: Json | undefined): Sentence => (met === undefined ? [' is not given'] : [' is ', shown(met)])

const orders: { readonly [by: string]: string } = { '<': 'under', '<=': 'at most', '>': 'over', '>=': 'at least' }

function comparedWords(
  { by, to }: Extract<FactTest, { kind: 'compared' }>,
  mood: Mood,
  met: Json | undefined,
): Sentence {
  const value = shown(to)
  if (by === '==' || by === '!=') {
    const isEqual = (by === '==') === (mood !== 'not')
    if (mood === 'were') return [isEqual ? ' were ' : ' were not ', value]
    return isEqual ? [' is ', value] : [...isMet(met), ', not ', value]
  }
  const bound: Sentence = [`${orders[by]} `, value]
  if (mood === 'were') return [' were ', ...bound]
  return [...isMet(met), mood === 'so' ? ', ' : ', not ', ...bound]
}

/** Phrases for facts that read badly in the general form. */
function specialWords(test: FactTest, mood: Mood): Sentence | undefined {
  const path = test.fact.join('.')
  const isNot = test.kind !== 'compared' && test.not !== (mood === 'not')
  const past = mood === 'were'
  if (path === 'context.unpinned' && test.kind === 'contains') {
    const value = shown(test.value)
    if (isNot) return [`the credential ${past ? 'pinned' : 'pins'} `, value]
    return [`the credential ${past ? 'left' : 'leaves'} `, value, ' open']
  }
  if (path === 'context.windows' && test.kind === 'contains')
    return [`the time ${past ? 'were' : 'is'} ${isNot ? 'not ' : ''}within `, shown(test.value)]
  if (path === 'context.justified' && test.kind === 'true')
    return [`the agent ${isNot ? (past ? 'did not say' : 'does not say') : past ? 'said' : 'says'} why`]
  return undefined
}

const names: { readonly [path: string]: string } = {
  principal: 'the one who asks',
  resource: 'what it is about',
  'context.agent.autonomy': 'the autonomy of the agent',
  'context.agent.owner': 'the owner of the agent',
  'context.resource.type': 'the type of the resource',
  'context.resource.id': 'the resource',
  'context.resource.environment': 'the environment',
  'context.resource.classification': 'the classification of the data',
  'context.resource.ownedBy': 'the group that owns the resource',
  'context.approval.tier': 'the tier of the approvals',
  'context.purpose': 'the purpose',
  'context.moment': 'the moment',
  'context.credential': 'the kind of credential',
  'context.unpinned': 'what the credential leaves open',
  'context.recent': 'the number of requests in the hour before',
  'context.delegationDepth': 'the number of agents that passed it on',
  'context.ambient': 'what IAM says of the host alone',
  'context.record.asked': 'the number of requests in thirty days',
  'context.record.tierZero': 'the number of requests without a person in thirty days',
  'context.record.refused': 'the number of refusals in thirty days',
  'context.record.denied': 'the number of denials in thirty days',
  'context.record.extraCalls': 'the number of calls that no approval covers in thirty days',
  'context.record.night': 'the number of requests at night in thirty days',
  'context.task': 'what the incident service says of the task',
  'context.task_source': 'the source of the task, as the agent says,',
  'context.preview': 'the reading of the present state',
  'context.now': 'the time',
  'context.windows': 'the windows and freezes of this time',
  'context.stage': 'the stage',
}

function factWords(fact: Fact): Sentence {
  const [root, of, argument = '', ...path] = fact
  if (root === 'context' && of === 'arguments' && argument !== '') {
    const rest = path.filter((name) => name !== 'canonical' && name !== 'keys')
    const value: Part = { value: inert([argument, ...rest].join('.')) }
    return path.at(-1) === 'keys' ? ['the names in ', value] : [value]
  }
  const name = names[fact.join('.')]
  return name === undefined ? [{ value: inert(fact.join('.')) }] : [name]
}

function shown(value: Json | undefined): Part {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'string' ? inert(value) : exact(value)
  return { value: clamp(text, longest).text }
}
