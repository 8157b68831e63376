import type { App } from '@slack/bolt'
import { titleOfAction } from '../../../domain/cards/request-view.ts'
import { titleText } from '../../../domain/cards/request-words.ts'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import { refusals } from '../../../domain/refusals.ts'
import { actions, bold, code, linkButton, rich, section, words } from '../cards/blocks.ts'
import { attempt } from '../edge/answers.ts'
import { onceFor } from '../edge/click.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import { keepOpen, onSubmit, showInstead } from '../edge/listen.ts'
import { tame } from '../edge/sentences.ts'
import { homeActions } from '../home/home-view.ts'
import { askField, askNames, fillModal, readAskSubject, readChoice, readFilled } from './ask-forms.ts'
import { type Modal, saidModal, truthModal } from './modal-blocks.ts'

const leftCatalogue = 'This action is no longer in the catalogue, so nothing was asked.'

/** A person asks on behalf of an agent, in steps: the action, its arguments, policy's answer, the request. */
export function registerAsking(app: App, options: EdgeOptions): void {
  const about = () => true
  onSubmit(app, options, askNames.choose, about, async ({ person, view }) => {
    const chosen = readChoice(view.state.values)
    if (!chosen) return keepOpen({ agent: 'Choose an agent and an action.' })
    const { agents, actions: all } = options.askable(person)
    if (!agents.some(({ id }) => id === chosen.agent)) return keepOpen({ agent: 'You do not answer for this agent.' })
    const entry = all.find(({ name }) => name === chosen.action)
    if (!entry) return keepOpen({ action: leftCatalogue })
    return showInstead(fillModal(entry, chosen, options.bundle))
  })
  onSubmit(app, options, askNames.fill, readAskSubject, async ({ person, about: subject, view, typed, carried }) => {
    const { agent, action, seen } = subject
    const entry = options.askable(person).actions.find(({ name }) => name === action)
    if (!entry) return showInstead(truthModal(leftCatalogue, typed))
    const read = readFilled(entry, view)
    if ('errors' in read) return keepOpen(read.errors)
    const once = onceFor(carried, 'ask')
    const ask = { ...read.filled, person, agent, action, seen, form: view.id, once }
    const told = await attempt({ click: 'ask_on_behalf' }, ask, options.askOnBehalf, carried, options)
    if (told.done) {
      if ('asked' in told.value) return showInstead(askedModal(told.value.asked.stored.state, options))
      const { foreseen } = told.value
      return showInstead(fillModal(entry, subject, options.bundle, { values: view.state.values, foreseen }))
    }
    // All typed values are kept if they can be corrected or submitted again.
    const { code: refused, detail, sentence } = told
    const isFinal = refused === 'not_permitted' || (refused !== undefined && refusals[refused].status === 409)
    if (isFinal) return showInstead(truthModal(sentence, typed))
    const more = detail === undefined ? '' : tame(detail)
    const said = sentence.includes(more.replaceAll('`', '')) ? sentence : `${sentence} ${more}`
    return keepOpen({ [askField(detail, entry)]: said.replaceAll('`', '').slice(0, 600) })
  })
}

export function askedModal(state: ApprovalRequest, { bundle, page }: Pick<EdgeOptions, 'bundle' | 'page'>): Modal {
  const { id, agent } = state.ask
  const stands = state.status === 'approved' ? 'It is approved: no person had to decide.' : 'People decide it now.'
  return saidModal(
    'Asked',
    stands,
    rich('asked', section(bold(titleText(titleOfAction(state.ask, bundle), 120)), words('\n'), code(id))),
    rich(
      'then',
      section(
        words(`${agent.id} waits for it and uses it by its id: `),
        code(`npx --no-install hotwork exec ${id} -- COMMAND`),
      ),
    ),
    actions('read', linkButton(homeActions.read, 'Read it', page(id))),
  )
}
