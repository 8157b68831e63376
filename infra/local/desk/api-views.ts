import { type MethodTable, personOf, SlackError, unwrap } from './api-method.ts'
import { type Json, textOf } from './json.ts'
import type { DeskState } from './state.ts'
import { checkView } from './validate-blocks.ts'
import { describeView, type View } from './views.ts'

const shown = (view: View, { teamId, appId, botUserId }: DeskState): Json => ({
  view: describeView(view, teamId, appId, botUserId),
})

function personByTrigger(args: Json, { tickets }: DeskState): string {
  const used = tickets.useTrigger(textOf(args['trigger_id']))
  if ('refusal' in used) throw new SlackError(used.refusal)
  return used.user
}

export const viewMethods: MethodTable = {
  'views.open': (args, state) => {
    const content = unwrap(checkView(args['view'], 'modal'))
    return shown(state.views.open(personByTrigger(args, state), content), state)
  },
  'views.push': (args, state) => {
    const content = unwrap(checkView(args['view'], 'modal'))
    const view = state.views.push(personByTrigger(args, state), content)
    if (!view) throw new SlackError('push_limit_reached')
    return shown(view, state)
  },
  'views.update': (args, state) => {
    const externalId = textOf(args['external_id'])
    const view = externalId ? state.views.findByExternalId(externalId) : state.views.find(textOf(args['view_id']))
    if (!view) throw new SlackError('not_found')
    if (args['hash'] && args['hash'] !== view.hash) throw new SlackError('hash_conflict')
    const type = view.content['type'] === 'home' ? 'home' : 'modal'
    state.views.update(view, unwrap(checkView(args['view'], type)))
    return shown(view, state)
  },
  'views.publish': (args, state) => {
    const person = personOf(args['user_id'], state)
    const known = state.views.homeOf(person.slackUserId)
    if (args['hash'] && known && args['hash'] !== known.hash) throw new SlackError('hash_conflict')
    return shown(state.views.publish(person.slackUserId, unwrap(checkView(args['view'], 'home'))), state)
  },
}
