import { type Html, html } from './html.ts'
import { isObject, type Json, objectOf, objectsOf, textOf } from './json.ts'
import { inputId, renderElement, renderImage, renderInput, renderText, type Surface } from './render-elements.ts'
import { renderRichText } from './rich-text.ts'

type Errors = { readonly [blockId: string]: string }

const alertMarks: { [level: string]: string } = { info: 'ℹ️', warning: '⚠️', error: '⛔', success: '✅' }

function renderSection(surface: Surface, block: Json): Html {
  const fields = objectsOf(block['fields'])
  const accessory = block['accessory']
  return html`<div class="section">
    <div class="section-text">
      ${block['text'] !== undefined && html`<div class="text">${renderText(block['text'], surface.names)}</div>`}
      ${fields.length > 0 && html`<div class="fields">${fields.map((field) => html`<div class="text">${renderText(field, surface.names)}</div>`)}</div>`}
    </div>
    ${isObject(accessory) && html`<div class="accessory">${renderElement(surface, block, accessory)}</div>`}
  </div>`
}

function renderInputBlock(surface: Surface, block: Json, errors: Errors): Html {
  const element = objectOf(block['element'])
  const error = errors[textOf(block['block_id'])]
  return html`<div class="input${error !== undefined && ' wrong'}">
    <label for="${inputId(surface, block, element)}">${renderText(block['label'], surface.names)}${block['optional'] === true && html` <small>(optional)</small>`}</label>
    ${renderInput(surface, block, element)}
    ${error !== undefined && html`<p class="error" role="alert">${error}</p>`}
    ${block['hint'] !== undefined && html`<p class="hint">${renderText(block['hint'], surface.names)}</p>`}
  </div>`
}

function renderBlock(surface: Surface, block: Json, errors: Errors): Html {
  switch (block['type']) {
    case 'section':
      return renderSection(surface, block)
    case 'header':
      return html`<h3>${renderText(block['text'], surface.names)}</h3>`
    case 'divider':
      return html`<hr>`
    case 'context':
      return html`<div class="context">${objectsOf(block['elements']).map((element) =>
        element['type'] === 'image' ? renderImage(element) : html`<span>${renderText(element, surface.names)}</span>`,
      )}</div>`
    case 'actions':
      return html`<div class="buttons">${objectsOf(block['elements']).map((each) => renderElement(surface, block, each))}</div>`
    case 'image':
      return renderImage(block)
    case 'input':
      return renderInputBlock(surface, block, errors)
    case 'rich_text':
      return renderRichText(block, surface.names)
    case 'alert': {
      const level = textOf(block['level']) || 'default'
      const mark = alertMarks[level]
      return html`<div class="alert ${level}">${mark !== undefined && html`<span aria-hidden="true">${mark}</span>`}<div>${renderText(block['text'], surface.names)}</div></div>`
    }
    default:
      // A markdown block: shown as written, since the desk has no Markdown of its own.
      return html`<div class="text lines">${textOf(block['text'])}</div>`
  }
}

/** Blocks as Slack would show them. They must have passed the validator. `errors` belong to input blocks. */
export const renderBlocks = (surface: Surface, blocks: readonly Json[], errors: Errors = {}): Html =>
  html`<div class="blocks">${blocks.map((block) => renderBlock(surface, block, errors))}</div>`
