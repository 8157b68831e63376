import { randomBytes } from 'node:crypto'
import type { Changes } from './changes.ts'
import type { Json } from './json.ts'

/** A modal or home tab. `content` is what the app sent, with block ids filled in. */
export interface View {
  id: string
  user: string
  /** Changes with each update, so that an app can refuse to overwrite what it has not seen. */
  hash: string
  content: Json & { blocks: Json[] }
  rootViewId: string
  previousViewId: string | null
  /** Sentences by block id, after `response_action: errors`. */
  errors: { [blockId: string]: string }
  /** What the person has filled in so far, by block and action id: it outlasts an update of the view, as in Slack. */
  filled: { [blockId: string]: Json }
}

const newId = () => `V${randomBytes(5).toString('hex').toUpperCase()}`
const newHash = () => `${randomBytes(5).readUIntBE(0, 5)}.${randomBytes(4).toString('hex')}`
/** Slack shows at most three modals on top of each other. */
const deepestStack = 3

/** Each person's open modals, a stack with the newest last, and their home tab. */
export class Views {
  readonly #stacks = new Map<string, View[]>()
  readonly #homes = new Map<string, View>()
  readonly #changes: Changes

  constructor(changes: Changes) {
    this.#changes = changes
  }

  stackOf(user: string): readonly View[] {
    return this.#stacks.get(user) ?? []
  }

  homeOf(user: string): View | undefined {
    return this.#homes.get(user)
  }

  find(id: string): View | undefined {
    const modals = [...this.#stacks.values()].flat()
    return [...modals, ...this.#homes.values()].find((view) => view.id === id)
  }

  findByExternalId(externalId: string): View | undefined {
    return [...this.#stacks.values()].flat().find((view) => view.content['external_id'] === externalId)
  }

  /** A fresh modal; one that was open before is gone, as in Slack. */
  open(user: string, content: View['content']): View {
    const id = newId()
    const view = { id, user, hash: newHash(), content, rootViewId: id, previousViewId: null, errors: {}, filled: {} }
    this.#stacks.set(user, [view])
    this.#tell(view)
    return view
  }

  /** On top of the open one; `undefined` when the stack is full. */
  push(user: string, content: View['content']): View | undefined {
    const stack = this.stackOf(user)
    const top = stack.at(-1)
    if (!top) return this.open(user, content)
    if (stack.length >= deepestStack) return undefined
    const view = {
      id: newId(),
      user,
      hash: newHash(),
      content,
      rootViewId: top.rootViewId,
      previousViewId: top.id,
      errors: {},
      filled: {},
    }
    this.#stacks.set(user, [...stack, view])
    this.#tell(view)
    return view
  }

  update(view: View, content: View['content']): void {
    Object.assign(view, { content, hash: newHash(), errors: {} })
    this.#tell(view)
  }

  showErrors(view: View, errors: View['errors']): void {
    view.errors = errors
    this.#tell(view)
  }

  close(view: View): void {
    this.#stacks.set(
      view.user,
      this.stackOf(view.user).filter((other) => other !== view),
    )
    this.#tell(view)
  }

  clear(user: string): void {
    this.#stacks.delete(user)
    this.#changes.record({ type: 'view', user })
  }

  publish(user: string, content: View['content']): View {
    const known = this.#homes.get(user)
    const id = known?.id ?? newId()
    const view = { id, user, hash: newHash(), content, rootViewId: id, previousViewId: null, errors: {}, filled: {} }
    this.#homes.set(user, view)
    this.#changes.record({ type: 'home', user })
    return view
  }

  #tell(view: View): void {
    this.#changes.record({ type: 'view', user: view.user })
  }
}

/** A view as Slack's API and payloads show it. */
export function describeView(view: View, teamId: string, appId: string, botUserId: string, state: Json = {}): Json {
  return {
    private_metadata: '',
    callback_id: '',
    external_id: '',
    close: null,
    submit: null,
    clear_on_close: false,
    notify_on_close: false,
    submit_disabled: false,
    ...view.content,
    id: view.id,
    team_id: teamId,
    app_id: appId,
    app_installed_team_id: teamId,
    bot_id: `B${botUserId.slice(1)}`,
    hash: view.hash,
    state: { values: state },
    root_view_id: view.rootViewId,
    previous_view_id: view.previousViewId,
  }
}
