// Rules: test/policies/changes/prove.test.ts
import { findFacts, questionOf } from '../../functions/domain/policy/assess.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { ActionQuestion, Answer, Ask, Question } from '../../functions/domain/policy/question.ts'
import type { Json } from '../../functions/domain/values.ts'
import { exampleOf } from '../change/examples.ts'
import { type Point, type Side, samplePoints, spaceOf } from '../change/question-space.ts'
import { listed, seenOf } from './counterexample.ts'
import { type Counterexample, namesOf, type Property, refusedBy, type Verdict, withValue } from './property.ts'

/** A point of the question space, with the answers on each rung. */
type Row = { point: Point; question: ActionQuestion; answers: ReadonlyMap<number, Answer> }

export type Asking = {
  ask: Ask
  /** Asks without this policy. */
  askWithout(policy: string): Ask
  /** The older policies, which these must not exceed. */
  askOld?: Ask
  /** Questions about an act of people, or about a change of the registry. Empty for an action of agents. */
  aboutPeople(does: string): readonly Question[]
}

/** The questions for each action, and the values with which an argument is called. */
export type Questions = {
  points(action: string): readonly Point[]
  values(action: string, argument: string): readonly Given[]
}
type Given = { value: Json | undefined }

/** Random questions from the whole space, determined by the seed. */
export function randomQuestions(side: Side, { count, seed }: { count: number; seed: number }): Questions {
  const actions = Object.keys(side.bundle.actions)
  const spaces = new Map(actions.map((action) => [action, spaceOf([side], action)]))
  const each = Math.ceil(count / Math.max(1, actions.length))
  return {
    points(action) {
      const space = spaces.get(action)
      return space ? samplePoints(space, [side], each, seed + actions.indexOf(action)) : []
    },
    values: (action, argument) =>
      (spaces.get(action)?.dimensions.get(`arguments.${argument}`) ?? []) as readonly Given[],
  }
}

/** Tests properties with questions: one counterexample refutes a property, but passes prove nothing. */
export class Sample {
  readonly #bundle: Bundle
  readonly #asking: Asking
  readonly #questions: Questions
  readonly #rows = new Map<string, readonly Row[]>()
  readonly #people = new Map<string, readonly { question: Question; answer: Answer }[]>()

  constructor(bundle: Bundle, asking: Asking, questions: Questions) {
    this.#bundle = bundle
    this.#asking = asking
    this.#questions = questions
  }

  judge(property: Property): Verdict {
    switch (property.kind) {
      case 'more_approval':
        return this.#moreApproval(property)
      case 'people':
        return this.#withoutPeople(property)
      case 'never_errs':
        return this.#neverErrs(property)
      case 'left_open':
        return this.#leftOpen(property)
      case 'no_wider':
        return this.#noWider(property)
      case 'decides':
        return this.#decides(property)
      default:
        return property satisfies never
    }
  }

  #rowOf = (point: Point): readonly Row[] => {
    const { asked, moment, now } = point
    const facts = findFacts(this.#bundle, asked, now)
    if (!facts.ok) return []
    const at = (tier: number) => questionOf(facts.value, asked, { moment, tier, now })
    const answers = new Map(this.#bundle.ladder.tiers.map(({ tier }) => [tier, this.#asking.ask(at(tier))]))
    return [{ point, question: at(0), answers }]
  }

  #rowsOf(action: string): readonly Row[] {
    const known = this.#rows.get(action) ?? this.#questions.points(action).flatMap(this.#rowOf)
    this.#rows.set(action, known)
    return known
  }

  #peopleOf(does: string): readonly { question: Question; answer: Answer }[] {
    const known = this.#people.get(does)
    if (known) return known
    const asked = this.#asking.aboutPeople(does).map((question) => ({ question, answer: this.#asking.ask(question) }))
    this.#people.set(does, asked)
    return asked
  }

  #moreApproval({ action, from, to }: Extract<Property, { kind: 'more_approval' }>): Verdict {
    const row = this.#rowsOf(action).find(({ answers }) => answers.get(from)?.permit && !answers.get(to)?.permit)
    if (!row) return this.#notRefuted(action)
    return {
      outcome: 'fails',
      why: `tier ${from} permits what tier ${to} refuses`,
      counterexample: this.#counterexample(
        row,
        `at tier ${from} permitted by ${namesOf(row.answers.get(from))}; at tier ${to} ${refusedBy(row.answers.get(to))}`,
      ),
    }
  }

  #withoutPeople({ action, environments }: Extract<Property, { kind: 'people' }>): Verdict {
    const row = this.#rowsOf(action).find(
      ({ point, question, answers }) =>
        point.moment !== 'plan' && environments.includes(question.resource.environment) && answers.get(0)?.permit,
    )
    if (!row) return this.#notRefuted(action)
    const says = `at tier 0 permitted by ${namesOf(row.answers.get(0))}`
    return { outcome: 'fails', why: 'permitted without people', counterexample: this.#counterexample(row, says) }
  }

  #noWider({ action }: Extract<Property, { kind: 'no_wider' }>): Verdict {
    const { askOld = this.#asking.ask } = this.#asking
    const why = 'it permits what OLD refuses'
    for (const row of this.#rowsOf(action))
      for (const [tier, answer] of row.answers) {
        const before = answer.permit ? askOld({ ...row.question, approval: { tier } }) : answer
        if (before.permit === answer.permit) continue
        const says = `at tier ${tier} permitted by ${namesOf(answer)}; under OLD ${refusedBy(before)}`
        return { outcome: 'fails', why, counterexample: this.#counterexample(row, says) }
      }
    const wider = this.#peopleOf(action).find(({ question, answer }) => answer.permit && !askOld(question).permit)
    if (!wider) return this.#notRefuted(action)
    const { question, answer } = wider
    const says = `permitted by ${namesOf(answer)}; under OLD ${refusedBy(askOld(question))}`
    const facts = 'person' in question ? { principal: question.person.id } : {}
    return { outcome: 'fails', why, counterexample: { says, facts } }
  }

  #neverErrs({ action }: Extract<Property, { kind: 'never_errs' }>): Verdict {
    const row = this.#rowsOf(action).find(({ answers }) => [...answers.values()].some(({ error }) => error))
    const answer = row
      ? [...row.answers.values()].find(({ error }) => error)
      : this.#peopleOf(action).find((each) => each.answer.error)?.answer
    if (!answer) return this.#notRefuted(action)
    const why = `a policy errs: ${answer.detail}`
    return {
      outcome: 'fails',
      why,
      ...(row ? { counterexample: this.#counterexample(row, 'it errs, so the answer is no') } : {}),
    }
  }

  #leftOpen({ action, argument }: Extract<Property, { kind: 'left_open' }>): Verdict {
    const values = this.#questions.values(action, argument)
    for (const row of this.#rowsOf(action)) {
      if (!row.question.unpinned.includes(argument)) continue
      for (const [tier, answer] of row.answers) {
        if (!answer.permit) continue
        for (const { value } of values) {
          const { [argument]: _, ...others } = row.question.arguments
          const args = value === undefined ? others : { ...others, [argument]: value }
          const called = { ...row.question, arguments: args, approval: { tier } }
          const answered = this.#asking.ask(called)
          if (answered.permit) continue
          return {
            outcome: 'fails',
            why: `the requested value decides, but the call may have another \`${argument}\``,
            counterexample: this.#counterexample(
              row,
              `asked for with ${withValue(argument, row.question.arguments[argument])} tier ${tier} permits it by ${namesOf(answer)}; ` +
                `called with ${withValue(argument, value)}, which the credential allows, it would be ${refusedBy(answered)}`,
            ),
          }
        }
      }
    }
    return this.#notRefuted(action)
  }

  #decides({ policy, actions }: Extract<Property, { kind: 'decides' }>): Verdict {
    const without = this.#asking.askWithout(policy)
    for (const action of actions) {
      const asked = [
        ...this.#rowsOf(action).flatMap(({ question, answers }) =>
          [...answers].map(([tier, answer]) => ({
            question: { ...question, approval: { tier } } as Question,
            answer,
          })),
        ),
        ...this.#peopleOf(action),
      ]
      for (const { question, answer } of asked) {
        const isAlone = answer.policies.length === 1 && answer.policies[0] === policy
        if (isAlone && without(question).permit !== answer.permit) return { outcome: 'holds' }
      }
    }
    return { outcome: 'unproved', why: 'no answer of the sample depends on it: it may be dead or shadowed' }
  }

  #notRefuted(action: string): Verdict {
    const isAsked = this.#rowsOf(action).length > 0 || this.#peopleOf(action).length > 0
    return isAsked ? { outcome: 'holds' } : { outcome: 'unproved', why: 'the sample has no question about it' }
  }

  #counterexample({ point, question }: Row, says: string): Counterexample {
    const example = exampleOf(this.#bundle, this.#asking.ask, point, says)
    return { says, facts: listed(seenOf(question)), ...(example ? { case: example } : {}) }
  }
}
