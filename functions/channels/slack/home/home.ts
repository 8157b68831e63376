import type { App } from '@slack/bolt'
import { nameIn } from '../../../domain/cards/who.ts'
import type { PersonId } from '../../../domain/values.ts'
import type { RevokeAsk } from '../../core.ts'
import { attempt } from '../edge/answers.ts'
import { isFirst } from '../edge/app-events.ts'
import { type Carried, carriedOf, identify, onceFor, readRequest } from '../edge/click.ts'
import { patience } from '../edge/client.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import { keepOpen, onClick, onLink, onSubmit, showInstead } from '../edge/listen.ts'
import { saidOf } from '../edge/sentences.ts'
import { readReason, revokeModal, revokeName } from '../forms/home-forms.ts'
import { showModal, truthModal } from '../forms/modal-blocks.ts'
import { haltActions } from './halts.ts'
import { type Home, homeActions, readStandIn, renderHome, renderNoHome, standInActions } from './home-view.ts'

const storeSilent = 'The store has not answered, so this tab is empty. Open it again in a moment.'

export function registerHome(app: App, options: EdgeOptions): void {
  app.event('app_home_opened', async (heard) => {
    const { event, body } = heard
    const carried = carriedOf(heard)
    if (event.tab !== 'home' || !(await isFirst(body, carried, options))) return
    const who = await identify({ id: event.user, team_id: body.team_id }, carried, options)
    if (who.ok) await redrawTab(event.user, who.person.id, carried, options)
    else await publish(event.user, renderNoHome(who.sentence, who.link), carried, options)
  })
  onLink(
    app,
    homeActions.read,
    homeActions.all,
    homeActions.link,
    homeActions.permits,
    homeActions.standIns,
    homeActions.ask,
    haltActions.page,
  )
  // The form opens for everyone in the directory; policy is asked at the submission.
  onClick(app, options, homeActions.revoke, readRequest, async ({ about, body, carried }) => {
    await showModal(body.trigger_id, revokeModal(about.request, body.view?.blocks ?? []), carried, options)
    return undefined
  })
  onSubmit(app, options, revokeName, readRequest, async ({ person, about: { request: id }, view, user, carried }) => {
    const reason = readReason(view)
    if (reason === undefined) return keepOpen({ reason: 'Write the reason: the card and the record show it.' })
    const told = await revoke({ id, person, reason, once: onceFor(carried, id) }, carried, options)
    if (told.done) return { after: () => redrawTab(user, person, carried, options) }
    return told.code === undefined
      ? keepOpen({ reason: told.sentence })
      : showInstead(truthModal(told.sentence, reason))
  })
}

export async function redrawTab(user: string, person: PersonId, carried: Carried, options: EdgeOptions): Promise<void> {
  const { bundle, overview, page, list, haltsPage, permitsPage, standInsPage, now, log } = options
  let failedBy: string | undefined
  const warn = (fault: string) => {
    failedBy = fault
    log.warn('overview_not_read', { fault })
  }
  const found = await carried.deadline.inTime(() => overview(person), patience.start, warn)
  const home = found
    ? renderHome(
        found.value,
        bundle,
        { one: page, all: list, halts: haltsPage, permits: permitsPage, standIns: standInsPage },
        now(),
      )
    : renderNoHome(saidOf(failedBy, storeSilent))
  await publish(user, home, carried, options)
}

async function publish(user: string, home: Home, { deadline }: Carried, { publishHome, log }: EdgeOptions) {
  await deadline.inTime(
    () => publishHome(user, home),
    patience.answer,
    (fault) => log.warn('home_not_drawn', { fault }),
  )
}

export const revoke = (ask: RevokeAsk, carried: Carried, options: EdgeOptions) =>
  attempt({ request: ask.id }, ask, options.revoke, carried, options)

export function registerStandIns(app: App, options: EdgeOptions): void {
  onClick(app, options, standInActions.end, readStandIn, async ({ person, about: id, body, carried }) => {
    const ask = { id, person }
    const told = await attempt({ click: 'end_stand_in' }, ask, options.endStandIn, carried, options)
    const after = () => redrawTab(body.user.id, person, carried, options)
    if (!told.done) return { title: 'Not ended', said: told.sentence, after }
    const { by, for: absent } = told.value
    const said = `${nameIn(options.bundle, by)} no longer decides for ${nameIn(options.bundle, absent)}.`
    return { title: 'Ended', said, after }
  })
}
