import type { App } from '@slack/bolt'
import * as z from 'zod'
import type { ViewFacts } from '../../../domain/cards/request-view.ts'
import { textOf } from '../../../domain/cards/sentence.ts'
import type { Halt, NewHalt } from '../../../domain/halts/halt.ts'
import { haltNow, haltTargets, haltTitle, readHaltTarget } from '../../../domain/halts/halt-words.ts'
import { clamp } from '../../../domain/inert.ts'
import { refusals } from '../../../domain/refusals.ts'
import { defined, HaltId, type NumericDate, type PersonId } from '../../../domain/values.ts'
import type { ViewedHalt, ViewedHalts } from '../../../operations/halts/view-halts.ts'
import {
  actions,
  bold,
  button,
  type CardBlock,
  confirming,
  drawn,
  linkButton,
  plain,
  rich,
  section,
  words,
} from '../cards/blocks.ts'
import { attempt } from '../edge/answers.ts'
import { type Carried, readValue } from '../edge/click.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import { keepOpen, onClick, onSubmit, showInstead } from '../edge/listen.ts'
import { splitOnce } from '../edge/typed.ts'
import { haltModal, haltName, readHaltForm } from '../forms/halt-forms.ts'
import { cut, partsModal, showModal, truthModal } from '../forms/modal-blocks.ts'

export const haltActions = { declare: 'halt_declare', lift: 'halt_lift', page: 'halt_page' } as const

const haltBlocks = (halts: readonly ViewedHalt[], person: PersonId, facts: Pick<ViewFacts, 'directory'>): CardBlock[] =>
  halts.flatMap(({ halt, whyNotLift }) => [
    rich(`halt:${halt.id}`, haltRow(halt, person, facts)),
    ...(whyNotLift === undefined ? [actions(`halt-do:${halt.id}`, liftButton(halt, facts))] : []),
  ])

const haltRow = (halt: Halt, person: PersonId, facts: Pick<ViewFacts, 'directory'>) =>
  section(
    bold('Halted: '),
    ...drawn(haltTitle(halt.target, facts), 120),
    words('\n'),
    ...drawn(haltNow(halt, facts), 200),
    ...(halt.by === person ? [words('\nYou declared it, so another person lifts it.')] : []),
  )

const liftButton = ({ id, target }: Halt, facts: Pick<ViewFacts, 'directory'>) =>
  button(haltActions.lift, 'Lift', JSON.stringify({ h: id }), {
    confirm: confirming(
      'Lift this halt?',
      clamp(`Work under it may go on: ${textOf(haltTitle(target, facts))}. Grants that it ended stay ended.`, 250).text,
      'Lift it',
    ),
  })

const pageButton = (page: string) => linkButton(haltActions.page, 'All halts', page)

export const haltsActions = (page: string): CardBlock =>
  actions('declare-halt', { type: 'button', action_id: haltActions.declare, text: plain('Halt…') }, pageButton(page))

/** The link to the page of halts. */
export const haltsLink = (page: string): CardBlock => actions('halts-page', pageButton(page))

const Value = z.strictObject({ h: HaltId })
const readHalt = (value: unknown) => readValue(Value, value)?.h

const noHalt = 'Nothing is halted.'
const moreHalts = (more: number | 'some'): string =>
  `…and ${more === 'some' ? '' : `${more} `}more: npx --no-install hotwork halts`

/** A line of the form `agent:NAME 2h REASON`. */
export function readHaltLine(
  line: string,
  now: NumericDate,
): { ok: true; asked: NewHalt } | { ok: false; sentence: string } {
  const [typed, rest] = splitOnce(line)
  const target = readHaltTarget(typed.replaceAll('`', ''))
  if (!target) return { ok: false, sentence: `Nothing was halted. Name a target: ${haltTargets}.` }
  const [first, others] = splitOnce(rest)
  const until = instantOf(first, now)
  const reason = cut(until === undefined ? rest : others)
  if (reason === '') return { ok: false, sentence: 'Nothing was halted: write the reason after the target.' }
  if (until !== undefined && until <= now)
    return { ok: false, sentence: 'Nothing was halted: the time has passed. Write a future time.' }
  return { ok: true, asked: { target, reason, ...defined({ until }) } }
}

const seconds = { m: 60, h: 3600, d: 86_400 } as const

/** `30m`, `2h`, `7d`, or a time such as `2026-12-01T06:00:00Z`. */
function instantOf(typed: string, now: NumericDate): NumericDate | undefined {
  const [, count, unit] = /^(\d{1,4})([mhd])$/.exec(typed) ?? []
  if (count !== undefined) return now + Number(count) * seconds[unit as keyof typeof seconds]
  return z.iso.datetime({ offset: true }).safeParse(typed).success ? Math.floor(Date.parse(typed) / 1000) : undefined
}

export function declare(
  ask: NewHalt & { person: PersonId; idempotencyKey: string },
  carried: Carried,
  options: EdgeOptions,
) {
  return attempt({ click: 'halt' }, ask, options.declareHalt, carried, options)
}

export const declaredParts = ({ id, target, until }: Halt, facts: Pick<ViewFacts, 'directory'>) => [
  bold('Halted: '),
  ...drawn(haltTitle(target, facts), 120),
  ...(until === undefined ? [] : drawn([', until ', { time: until }])),
  ...drawn(['. Another person lifts it, here or with ', { value: `npx --no-install hotwork lift ${id}` }, '.']),
]

/** @param redraw redraws the Home tab of the account that acts */
export function registerHalts(
  app: App,
  options: EdgeOptions,
  redraw: (user: string, person: PersonId, carried: Carried) => Promise<void>,
): void {
  onClick(
    app,
    options,
    haltActions.declare,
    () => true,
    async ({ body, carried }) => {
      await showModal(body.trigger_id, haltModal(), carried, options)
      return undefined
    },
  )
  onSubmit(
    app,
    options,
    haltName,
    () => true,
    async ({ person, view, typed, user, carried }) => {
      const read = readHaltForm(view.state.values, options.now())
      if ('errors' in read) return keepOpen(read.errors)
      // A form submitted twice makes one halt.
      const told = await declare({ ...read.asked, person, idempotencyKey: `slack ${view.id}` }, carried, options)
      const after = () => redraw(user, person, carried)
      if (told.done) return { ...showInstead(partsModal('Halted', declaredParts(told.value, options.bundle))), after }
      const isMendable = told.code === undefined || refusals[told.code].status === 400
      return isMendable ? keepOpen({ value: told.sentence }) : showInstead(truthModal(told.sentence, typed))
    },
  )
  onClick(app, options, haltActions.lift, readHalt, async ({ person, about: id, body, carried }) => {
    const told = await attempt({ click: 'lift' }, { id, person }, options.liftHalt, carried, options)
    const after = () => (body.view ? redraw(body.user.id, person, carried) : Promise.resolve())
    if (!told.done) return { title: 'Not lifted', said: told.sentence, after }
    const title = textOf(haltTitle(told.value.target, options.bundle))
    return { title: 'Lifted', said: `Lifted: ${title}. What it ended stays ended: agents ask again.`, after }
  })
}

/** The answer to `/hotwork halts`. */
export const listedHalts = (
  { halts, next }: Pick<ViewedHalts, 'halts' | 'next'>,
  person: PersonId,
  facts: ViewFacts,
  most: number,
) => {
  const left = halts.length - Math.min(most, halts.length)
  return [
    ...(halts.length === 0 ? [rich('no-halts', section(words(noHalt)))] : []),
    ...haltBlocks(halts.slice(0, most), person, facts),
    ...(left > 0 || next !== undefined
      ? [rich('more-halts', section(words(moreHalts(next === undefined ? left : 'some'))))]
      : []),
  ]
}
