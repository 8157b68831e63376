// Rules: test/channels/slack/cards/plan-card.test.ts
import type { InputBlock } from '@slack/types'
import type { StepView } from '../../../domain/cards/plan-view.ts'
import { stepsLeft } from '../../../domain/record/plan-step.ts'
import type { Lowered } from '../../../domain/requests/narrow.ts'
import { type CardBlock, context } from '../cards/blocks.ts'
import { stepLabel } from '../cards/plan-blocks.ts'
import { checkInput, choice, numberInput, type Values } from './modal-blocks.ts'

/** A plan narrowed: steps to strike out, and numbers of a step. */

/** Slack's limit for the options of checkboxes. */
const mostChecked = 10
/** A form has at most 100 blocks, and other blocks stand beside these. */
const mostNumbers = 80
const strikeName = 'strike:'

export const stepField = (step: number, name: string): string => `step:${step}:${name}`

export function stepInputs(steps: readonly StepView[]): (InputBlock | CardBlock)[] {
  const left = stepsLeft(steps)
  const numbers = left.flatMap((step) => step.narrowable.map((each) => ({ step, ...each })))
  const more = numbers.length - mostNumbers
  return [
    ...(left.length > 1 ? strikeInputs(left) : []),
    ...numbers
      .slice(0, mostNumbers)
      .map(({ step, name, least, most }) =>
        numberInput(
          stepField(step.step, name),
          `Step ${step.step}: ${name}`,
          { least, most, initial: most },
          `${least} to ${most}, which is what it is now`,
        ),
      ),
    ...(more > 0 ? [context(`${more} more numbers can be less on its page.`)] : []),
  ]
}

function strikeInputs(left: readonly StepView[]): InputBlock[] {
  const groups = Array.from({ length: Math.ceil(left.length / mostChecked) }, (_, at) =>
    left.slice(at * mostChecked, (at + 1) * mostChecked),
  )
  return groups.map((group, at) =>
    checkInput(
      `${strikeName}${at + 1}`,
      'Strike out: what is not to be done',
      group.map((step) => choice(String(step.step), stepLabel(step, 75))),
    ),
  )
}

export const struckSteps = (values: Values): readonly number[] =>
  Object.entries(values)
    .filter(([name]) => name.startsWith(strikeName))
    .flatMap(([name, filled]) => filled[name]?.selected_options ?? [])
    .flatMap(({ value }) => (/^[1-9]\d?$/.test(String(value)) ? [Number(value)] : []))

export const loweredSteps = (changed: ReadonlyMap<string, number>): readonly Lowered[] =>
  [...changed].flatMap(([field, value]) => {
    const [, step, name] = /^step:([1-9]\d?):(.+)$/s.exec(field) ?? []
    return step === undefined || name === undefined ? [] : [{ step: Number(step), name, value }]
  })
