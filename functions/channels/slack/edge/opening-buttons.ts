// Rules: test/channels/slack/cards/opening-desk.test.ts
import type { App } from '@slack/bolt'
import { defined } from '../../../domain/values.ts'
import { actions, code, linkButton, rich, section, words } from '../cards/blocks.ts'
import { openingActions } from '../cards/opening-card.ts'
import { saidModal, showModal, truthModal } from '../forms/modal-blocks.ts'
import { openField, openName, readFound, readOpenForm, reviewModal, reviewName } from '../forms/opening-forms.ts'
import { attempt, foresee, seenOn } from './answers.ts'
import { onceFor, readRequest } from './click.ts'
import { patience } from './client.ts'
import type { EdgeOptions } from './edge-options.ts'
import { keepOpen, onClick, onLink, onSubmit, showInstead } from './listen.ts'
import { notOpened } from './sentences.ts'

const openLink = 'break_glass_open'

export function registerBreakGlass(app: App, options: EdgeOptions): void {
  onLink(app, openLink)
  const about = () => true
  onSubmit(app, options, openName, about, async ({ person, view, carried }) => {
    const filled = readOpenForm(view.state.values)
    if ('errors' in filled) return keepOpen(filled.errors)
    const ask = { person, ...filled }
    const told = await attempt({ click: 'open_break_glass' }, ask, options.prepareOpening, carried, options)
    if (!told.done) return keepOpen({ [openField(told.code)]: told.sentence.replaceAll('`', '') })
    return showInstead(preparedModal(told.value))
  })
}

const preparedModal = (address: string) =>
  saidModal(
    'Not open yet',
    'Open it on the page, within ten minutes. The page asks for a login that is strong enough.',
    actions('open', { ...linkButton(openLink, 'Log in and open', address), style: 'danger' }),
    rich(
      'then',
      section(
        words('Then, on your machine: '),
        code('npx --no-install hotwork break-glass claim'),
        words('. The link is for you alone.'),
      ),
    ),
  )

export function registerOpenings(app: App, options: EdgeOptions): void {
  onClick(app, options, openingActions.end, readRequest, async ({ person, about: { request: id }, carried }) => {
    const ask = { id, person, once: onceFor(carried, id) }
    const told = await attempt({ request: id }, ask, options.endOpening, carried, options)
    return told.done ? undefined : told.sentence
  })
  onClick(app, options, openingActions.review, readRequest, async ({ person, about: { request }, body, carried }) => {
    const found = await foresee(request, () => options.foreseeReview({ id: request, person }), carried, options)
    if (!found.ok) return found.sentence
    const about = { request, channel: body.channel?.id, ts: body.message?.ts }
    const modal = reviewModal(found.state, options.bundle, about)
    return (await showModal(body.trigger_id, modal, carried, options, patience.tell)) ? undefined : notOpened
  })
  onSubmit(app, options, reviewName, readRequest, async ({ person, about, view, typed, carried }) => {
    const filled = readFound(view)
    if ('wrong' in filled) return keepOpen(filled.wrong)
    const seen = await seenOn(about, carried, options)
    const { request: id } = about
    const ask = { id, person, ...filled.found, ...defined({ seen }) }
    const told = await attempt({ request: id }, ask, options.review, carried, options)
    if (told.done) return {}
    // Without a code it is a fault, and the form may be submitted again.
    return told.code === undefined ? keepOpen({ note: told.sentence }) : showInstead(truthModal(told.sentence, typed))
  })
}
