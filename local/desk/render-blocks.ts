// Rules: test/local/desk/pages.test.ts
import { createHash } from 'node:crypto'
import { type Json, objectOf, objectsOf, textOf } from './blocks.ts'
import { type Html, html, safeUrl } from './html.ts'
import { type NameOf, renderRichText } from './text.ts'

export interface Surface {
  nameOf: NameOf
  /** The prefix of ids, unique on the page. */
  id: string
}

export const renderText = (text: unknown): Html => html`<span class="lines">${textOf(objectOf(text)['text'])}</span>`

export const fieldName = (block: Json, element: Json): string =>
  `${encodeURIComponent(textOf(block['block_id']))}/${encodeURIComponent(textOf(element['action_id']))}`

const idOf = (surface: Surface, block: Json, element: Json): string =>
  `${surface.id}-${createHash('sha256').update(fieldName(block, element)).digest('hex').slice(0, 10)}`

/** A confirmation as a popover, which needs no script and closes with Escape. */
function confirmation(id: string, element: Json, button: (label: Html, danger: boolean) => Html): Html {
  const confirm = objectOf(element['confirm'])
  const danger = confirm['style'] === 'danger' || (confirm['style'] === undefined && element['style'] === 'danger')
  return html`<div popover id="${id}-sure" class="confirm" role="alertdialog" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${renderText(confirm['title'])}</h2>
    <div class="confirm-text">${renderText(confirm['text'])}</div>
    <div class="buttons">
      <button type="button" popovertarget="${id}-sure" popovertargetaction="hide" class="button">${renderText(confirm['deny'])}</button>
      ${button(renderText(confirm['confirm']), danger)}
    </div></div>`
}

function renderButton(surface: Surface, block: Json, element: Json): Html {
  const id = idOf(surface, block, element)
  const name = fieldName(block, element)
  const label = renderText(element['text'])
  const style = textOf(element['style'])
  const href = safeUrl(textOf(element['url']))
  const spoken = textOf(element['accessibility_label'])
  const aria = spoken && html` aria-label="${spoken}"`
  if (href) {
    return html`<a class="button ${style}" href="${href}" target="_blank" rel="noopener noreferrer" data-click="${name}"${aria}>${label}</a>`
  }
  if (!element['confirm']) {
    return html`<button id="${id}" class="button ${style}" name="click" value="${name}" formaction="/click" formnovalidate${aria}>${label}</button>`
  }
  const confirmed = (text: Html, danger: boolean) =>
    html`<button class="button ${danger ? 'danger' : 'primary'}" name="click" value="${name}" formaction="/click" formnovalidate>${text}</button>`
  return html`<button id="${id}" type="button" class="button ${style}" popovertarget="${id}-sure"${aria}>${label}</button>${confirmation(id, element, confirmed)}`
}

const sameOption = (option: Json, initial: unknown) => option['value'] === objectOf(initial)['value']

function renderSelect(surface: Surface, block: Json, element: Json): Html {
  const options = objectsOf(element['options']).map(
    (option) =>
      html`<option value="${textOf(option['value'])}"${sameOption(option, element['initial_option']) && html` selected`}>${textOf(objectOf(option['text'])['text'])}</option>`,
  )
  return html`<select id="${idOf(surface, block, element)}" name="${fieldName(block, element)}">
    <option value="">${textOf(objectOf(element['placeholder'])['text']) || 'Choose…'}</option>
    ${options}</select>`
}

function renderChoices(surface: Surface, block: Json, element: Json): Html {
  const radio = element['type'] === 'radio_buttons'
  const initial = radio ? [element['initial_option']] : objectsOf(element['initial_options'])
  return html`<span class="choices" id="${idOf(surface, block, element)}">${objectsOf(element['options']).map(
    (option) =>
      html`<label><input type="${radio ? 'radio' : 'checkbox'}" name="${fieldName(block, element)}" value="${textOf(option['value'])}"${
        initial.some((each) => sameOption(option, each)) && html` checked`
      }><span>${renderText(option['text'])}${
        option['description'] !== undefined && html`<small>${renderText(option['description'])}</small>`
      }</span></label>`,
  )}</span>`
}

function renderTextInput(surface: Surface, block: Json, element: Json): Html {
  const initial = textOf(element['initial_value'])
  const common = html`id="${idOf(surface, block, element)}" name="${fieldName(block, element)}" placeholder="${textOf(objectOf(element['placeholder'])['text'])}"${
    block['optional'] !== true && html` required`
  }${element['focus_on_load'] === true && html` autofocus`}`
  if (element['type'] === 'number_input') {
    const step = element['is_decimal_allowed'] === true ? 'any' : '1'
    return html`<input type="number" ${common} value="${initial}" step="${step}" min="${textOf(element['min_value'])}" max="${textOf(element['max_value'])}">`
  }
  const length = html`minlength="${Number(element['min_length'] ?? 0)}" maxlength="${Number(element['max_length'] ?? 3_000)}"`
  return element['multiline'] === true
    ? html`<textarea ${common} ${length} rows="4">\n${initial}</textarea>`
    : html`<input type="text" ${common} ${length} value="${initial}">`
}

function renderInput(surface: Surface, block: Json, element: Json): Html {
  switch (element['type']) {
    case 'static_select':
      return renderSelect(surface, block, element)
    case 'radio_buttons':
    case 'checkboxes':
      return renderChoices(surface, block, element)
    case 'datetimepicker': {
      const at = element['initial_date_time']
      const shown = typeof at === 'number' ? new Date(at * 1_000).toISOString().slice(0, 16) : ''
      return html`<input type="datetime-local" id="${idOf(surface, block, element)}" name="${fieldName(block, element)}" value="${shown}">`
    }
    default:
      return renderTextInput(surface, block, element)
  }
}

/** The dots that open a menu, as a popover. The name of a choice has its option. */
function renderOverflow(surface: Surface, block: Json, element: Json): Html {
  const id = idOf(surface, block, element)
  const choices = objectsOf(element['options']).map(
    (option) =>
      html`<button class="choice" name="click" value="${fieldName(block, element)}/${encodeURIComponent(textOf(option['value']))}" formaction="/click" formnovalidate>${renderText(option['text'])}</button>`,
  )
  return html`<span class="dots"><button id="${id}" type="button" class="button" popovertarget="${id}-menu" aria-label="More actions">⋯</button><span popover id="${id}-menu" class="menu">${choices}</span></span>`
}

/** An element of an actions block. A select has a button beside it, so that it needs no script. */
const renderElement = (surface: Surface, block: Json, element: Json): Html =>
  element['type'] === 'button'
    ? renderButton(surface, block, element)
    : element['type'] === 'overflow'
      ? renderOverflow(surface, block, element)
      : html`<span class="chooser">${renderInput(surface, block, element)}<button class="button" name="click" value="${fieldName(block, element)}" formaction="/click" formnovalidate>Choose</button></span>`

type Errors = { readonly [blockId: string]: string }

function renderInputBlock(surface: Surface, block: Json, errors: Errors): Html {
  const element = objectOf(block['element'])
  const error = errors[textOf(block['block_id'])]
  return html`<div class="input${error !== undefined && ' wrong'}">
    <label for="${idOf(surface, block, element)}">${renderText(block['label'])}${block['optional'] === true && html` <small>(optional)</small>`}</label>
    ${renderInput(surface, block, element)}
    ${error !== undefined && html`<p class="error" role="alert">${error}</p>`}
    ${block['hint'] !== undefined && html`<p class="hint">${renderText(block['hint'])}</p>`}
  </div>`
}

function renderBlock(surface: Surface, block: Json, errors: Errors): Html {
  switch (block['type']) {
    case 'header':
      return html`<h3>${renderText(block['text'])}</h3>`
    case 'divider':
      return html`<hr>`
    case 'context':
      return html`<div class="context">${objectsOf(block['elements']).map((element) => html`<span>${renderText(element)}</span>`)}</div>`
    case 'actions':
      return html`<div class="buttons">${objectsOf(block['elements']).map((each) => renderElement(surface, block, each))}</div>`
    case 'input':
      return renderInputBlock(surface, block, errors)
    default:
      return renderRichText(block, surface.nameOf)
  }
}

/** Draws blocks that the validator has accepted. `errors` belong to input blocks. */
export const renderBlocks = (surface: Surface, blocks: readonly Json[], errors: Errors = {}): Html =>
  html`<div class="blocks">${blocks.map((block) => renderBlock(surface, block, errors))}</div>`
