// Rules: test/http/halts-page.test.ts
import { haltKinds } from '../../domain/halts/halt-words.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { form, type Html, html, type Part, type Reader } from './layout.ts'

export type HaltField = 'kind' | 'value' | 'reason' | 'until'

/** The written values, and the error of each field. */
export type HaltDraft = { readonly [field in HaltField]?: string } & {
  wrong?: { readonly [field in HaltField]?: string }
}

/** The targets of a halt to choose from. Roles only if this function knows them. */
export type Haltable = Pick<Bundle, 'agents' | 'directory' | 'resources' | 'actions'> & {
  targetRoles: readonly string[]
}

const option = (value: string, label = ''): Html => html`<option value="${value}">${label}</option>`

const choices = ({ agents, directory, resources, actions, targetRoles }: Haltable): readonly Html[] => [
  ...agents.map(({ id, description = '' }) => option(id, description)),
  ...directory.people.map(({ id, name }) => option(id, name)),
  ...[...new Set(resources.map(({ environment }) => environment))].map((each) => option(each)),
  ...Object.keys(actions).map((each) => option(each)),
  ...targetRoles.map((each) => option(each)),
]

/** The texts at a field: its hint, and its error below. */
const told = (field: HaltField, { wrong }: HaltDraft, hint?: string) => {
  const problem = wrong?.[field]
  const about = [...(hint === undefined ? [] : [`${field}-hint`]), ...(problem === undefined ? [] : [`${field}-wrong`])]
  const first = Object.keys(wrong ?? {})[0] === field
  return {
    hint: hint !== undefined && html`<p class="hint" id="${field}-hint">${hint}</p>`,
    attributes: html`${about.length > 0 && html` aria-describedby="${about.join(' ')}"`}${
      problem !== undefined && html` aria-invalid="true"${first && html` autofocus`}`
    }`,
    problem: problem !== undefined && html`<p class="wrong" id="${field}-wrong"><strong>${problem}</strong></p>`,
  }
}

/** @param key the idempotency key: a form that is sent twice makes one halt */
export function haltForm(key: string, reader: Reader, haltable: Haltable, draft: HaltDraft): Html {
  const [kind, value, reason, until] = [
    told('kind', draft),
    told('value', draft, 'Its id, as agent:remediator, person:ana, prod or ssm:PutParameter. Empty for everything.'),
    told('reason', draft, 'The people whose work stops read it. It stays on record.'),
    told('until', draft, 'In UTC. Leave it empty to halt until another person lifts it.'),
  ]
  const kinds: readonly Part[] = Object.entries(haltKinds).map(
    ([each, words]) => html`<option value="${each}"${draft.kind === each && html` selected`}>${words}</option>`,
  )
  return form(
    '/halts',
    { csrf: reader.csrf, key },
    html`<label for="kind">What to halt</label>
<select id="kind" name="kind"${kind.attributes}>${kinds}</select>${kind.problem}
<label for="value">Which one</label>${value.hint}
<input id="value" name="value" list="known" maxlength="2048" autocomplete="off" autocapitalize="none" spellcheck="false" value="${draft.value}"${value.attributes}>${value.problem}
<datalist id="known">${choices(haltable)}</datalist>
<label for="reason">Why</label>${reason.hint}
<textarea id="reason" name="reason" required maxlength="1000"${reason.attributes}>${draft.reason}</textarea>${reason.problem}
<label for="until">Until <span class="hint">optional</span></label>${until.hint}
<input id="until" name="until" type="datetime-local" value="${draft.until}"${until.attributes}>${until.problem}
<p class="hint">It is in force at once. What runs under it now ends for good: lifting a halt revives nothing.</p>
<button class="stop">Halt it now</button>`,
    html` class="box" novalidate`,
  )
}
