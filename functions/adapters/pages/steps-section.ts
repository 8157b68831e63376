// Rules: test/http/plan-page.test.ts
import { canBeLess } from '../../domain/cards/narrowable.ts'
import type { StepView } from '../../domain/cards/plan-view.ts'
import { saysState, stepNow, stepState } from '../../domain/cards/plan-words.ts'
import { differencesOf, planPreview, stepPreview } from '../../domain/cards/preview-words.ts'
import type { Narrowable, RequestView } from '../../domain/cards/request-view.ts'
import { argumentRows, titleParts, titleText, toolRows } from '../../domain/cards/request-words.ts'
import { nameOf, type Who } from '../../domain/cards/who.ts'
import { clamp, exact, inert, lookalikeNote } from '../../domain/inert.ts'
import { type StepStatus, stepsLeft } from '../../domain/record/plan-step.ts'
import { duration, type NumericDate } from '../../domain/values.ts'
import { environmentChip, type Html, html, type Part, titled } from './layout.ts'
import { differenceList, reachList } from './preview-section.ts'
import { drawn } from './words.ts'

/** The steps of a plan, in full. */
export function stepsSection({ steps = [], status }: RequestView, now: NumericDate): Html {
  return titled(
    'steps',
    'What will happen, step by step',
    html`<p>${drawn(planPreview({ steps, status }), now)}</p>
<ol class="list">${steps.map((step) => html`<li>${stepItem(step, saysState({ status }, step), now)}</li>`)}</ol>`,
  )
}

const kinds: { readonly [status in StepStatus]: string } = {
  waiting: '',
  open: 'wait',
  succeeded: 'go',
  failed: 'stop',
  late: 'stop',
  revoked: 'stop',
  struck: '',
  ended: '',
}

function stepItem(step: StepView, saysHow: boolean, now: NumericDate): Html {
  const { agent, resource, classification, undo, terms, unpinned } = step
  const chip = saysHow && html`<span class="chip ${kinds[step.status]}">${stepState(step)}</span> `
  const head = html`<h3>${step.step}. ${drawn(titleParts(step.title), now)}</h3>
<p class="chips">${chip}${environmentChip(step.environment)}${undo?.possible === false && html` <span class="chip stop">Cannot be undone</span>`}</p>
${saysHow && html`<p>${drawn(stepNow(step), now)}.${hasRequest(step) && html` <a href="/decide/${step.request}">Its own page</a>`}</p>`}`
  if (step.status === 'struck') return head
  return html`${head}
<dl>
<dt>Done by</dt><dd>${agent.id}${agent.autonomy !== undefined && `, ${agent.autonomy}`}, for ${nameOf(agent.owner as Who)}</dd>
<dt>Action</dt><dd><code>${step.action}</code></dd>
<dt>Resource</dt><dd><code>${inert(resource.id)}</code><strong>${lookalikeNote(resource.id)}</strong> <span class="soft">${resource.type}, ${classification} data</span></dd>
${toolRows(step).map(({ label, text, note }) => html`<dt>${label}</dt><dd>${text}<strong>${note}</strong></dd>`)}
</dl>
${changes(step, now)}
<h4>Arguments, whole</h4>
${argumentList(step)}
<dl>
<dt>Left open</dt><dd>${unpinned.length === 0 ? 'nothing: its credential can do exactly this' : unpinned.map(inert).join('; ')}</dd>
<dt>Undo</dt><dd>${undo ? inert(undo.how) : 'not known: the catalogue no longer has this action'}</dd>
<dt>Terms</dt><dd>the credential is collected within ${duration(terms.claimWithin)} of its turn, then valid for ${duration(terms.lifetime)} and ${terms.uses} ${terms.uses === 1 ? 'use' : 'uses'}</dd>
</dl>`
}

/** A step has its request once its plan is approved. */
const hasRequest = ({ openedAt, endedAt }: StepView): boolean => openedAt !== undefined || endedAt !== undefined

function changes(step: StepView, now: NumericDate): Part {
  const { preview } = step
  if (preview?.outcome !== 'matched' || differencesOf(preview).every(({ isSame }) => isSame))
    return html`<p class="soft">${drawn(stepPreview(step), now)}</p>`
  return html`${differenceList(preview)}${preview.gap && html`<p class="soft">AWS cannot check it at the call.</p>`}${reachList(preview)}`
}

export function argumentList(of: Pick<RequestView, 'arguments' | 'nested'>): Html {
  const all = argumentRows(of)
  if (all.length === 0) return html`<p>None.</p>`
  return html`${all.map(({ label, text, note, isLong }) =>
    isLong
      ? html`<details><summary><code>${label}</code><strong>${note}</strong></summary><pre>${text}</pre></details>`
      : html`<div><code>${label}</code><strong>${note}</strong><pre>${text}</pre></div>`,
  )}`
}

/** The narrowable parts of a plan: steps, and numbers of a step. */
export function stepFields(view: RequestView): Part {
  if (!view.steps || !canBeLess(view)) return false
  const left = stepsLeft(view.steps)
  return html`${left.map(
    (step) => html`<fieldset><legend>${step.step}. ${titleText(step.title, 160)}</legend>
${left.length > 1 && html`<label class="choice"><input type="checkbox" name="strike.${step.step}" value="yes"> Strike it out: it is not done</label>`}
${step.narrowable.map((each) => lessField(each, step.step))}</fieldset>`,
  )}`
}

/** @param step of a plan, whose fields have its number */
export function lessField(each: Narrowable, step?: number): Html {
  const { of, name, least, most } = each
  const prefix = step === undefined ? '' : `step.${step}.`
  if (of === 'items')
    return html`<fieldset><legend>${name} <span class="hint">asked for: ${most} items; leave out at most ${most - least}</span></legend>
${each.items.map((item, at) => {
  const field = `${prefix}without.${at}.${name}`
  return html`<label class="choice" for="${field}"><input id="${field}" type="checkbox" name="${field}" value="yes"> <span>without item ${at + 1}: <code>${clamp(exact(item), 1024).text}</code></span></label>`
})}</fieldset>`
  const field = of === 'argument' ? `${step === undefined ? 'narrow.' : prefix}${name}` : name
  const label = of === 'argument' ? name : of === 'uses' ? 'Uses' : 'Minutes'
  const hint = `asked for: ${most}${of === 'minutes' ? ', from the first claim on' : ''}`
  const [mode, by] = each.decimal ? ['decimal', '0.0001'] : ['numeric', '1']
  return html`<label for="${field}">${label} <span class="hint">${hint}</span></label>
<input id="${field}" name="${field}" type="number" inputmode="${mode}" step="${by}" min="${least}" max="${most}">`
}
