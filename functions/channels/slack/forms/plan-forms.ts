// Rules: test/channels/slack/cards/plan-card.test.ts
import type { InputBlock } from '@slack/types'
import type { StepView } from '../../../domain/cards/plan-view.ts'
import type { Narrowable } from '../../../domain/cards/request-view.ts'
import { clamp, exact } from '../../../domain/inert.ts'
import { stepsLeft } from '../../../domain/record/plan-step.ts'
import type { Lowered } from '../../../domain/requests/narrow.ts'
import { type CardBlock, context } from '../cards/blocks.ts'
import { stepLabel } from '../cards/plan-blocks.ts'
import { checkInput, choice, numberInput, type Values } from './modal-blocks.ts'

/** A plan narrowed: steps to strike out, and numbers of a step. */

/** Slack's limit for the options of checkboxes. */
const mostChecked = 10
/** A form has at most 100 blocks, of all kinds. */
const mostNumbers = 80
const strikeName = 'strike:'

export const stepField = (step: number, name: string): string => `step:${step}:${name}`

export function stepInputs(steps: readonly StepView[]): (InputBlock | CardBlock)[] {
  const left = stepsLeft(steps)
  const numbers = left.flatMap((step) => step.narrowable.map((each) => ({ step, each })))
  const blocks = numbers.map(({ each }) => (each.of === 'items' ? Math.ceil(each.most / mostChecked) : 1))
  const over = blocks.findIndex((_, at) => blocks.slice(0, at + 1).reduce((sum, own) => sum + own, 0) > mostNumbers)
  const shown = over < 0 ? numbers.length : over
  const more = numbers.length - shown
  return [
    ...(left.length > 1 ? strikeInputs(left) : []),
    ...numbers
      .slice(0, shown)
      .flatMap(({ step, each }) =>
        lessInputs(each, stepField(step.step, each.name), `Step ${step.step}: ${each.name}`, step.step),
      ),
    ...(more > 0 ? [context(`${more} more arguments can be less on its page.`)] : []),
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

/** An item that a list loses, by its place. @see withoutField */
export type ItemOut = { step?: number; name: string; value: number }

/** @param group from 1: a field of checkboxes has few of the items */
export const withoutField = (name: string, step?: number, group = 1): string =>
  `${step === undefined ? '' : `step:${step}:`}without:${name}:${group}`

/** The field of a number, or the fields of a list, with the present value. */
export function lessInputs(each: Narrowable, field: string, label: string, step?: number): InputBlock[] {
  if (each.of !== 'items') {
    const { least, most } = each
    const bounds = { least, most, initial: most, decimal: each.decimal === true }
    return [numberInput(field, label, bounds, `${least} to ${most}, which is what it is now`)]
  }
  const choices = each.items.map((item, at) => choice(String(at), `${at + 1}. ${clamp(exact(item), 50).text}`))
  const groups = Array.from({ length: Math.ceil(choices.length / mostChecked) }, (_, at) =>
    choices.slice(at * mostChecked, (at + 1) * mostChecked),
  )
  const title = `${label}: leave out, of ${each.most} items (${each.least} or more stay)`
  return groups.map((group, at) => checkInput(withoutField(each.name, step, at + 1), clamp(title, 150).text, group))
}

export const itemsIn = (values: Values): readonly ItemOut[] =>
  Object.entries(values).flatMap(([field, filled]) => {
    const [, step, name] = /^(?:step:([1-9]\d?):)?without:([^:]+):\d+$/.exec(field) ?? []
    if (name === undefined) return []
    const chosen = (filled[field]?.selected_options ?? []).map(({ value }) => String(value))
    return chosen
      .filter((value) => /^\d{1,3}$/.test(value))
      .map((value) => ({ ...(step === undefined ? {} : { step: Number(step) }), name, value: Number(value) }))
  })

export const itemsOfSteps = (items: readonly ItemOut[]): readonly Lowered[] =>
  items.flatMap(({ step, ...item }) => (step === undefined ? [] : [{ ...item, step, isItem: true }]))
