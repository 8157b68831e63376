/** Somebody who can be played at the desk. */
export interface DeskPerson {
  slackUserId: string
  /** The handle, such as `ana`. */
  name: string
  realName: string
  /** User groups, by handle. */
  groups: string[]
}

export interface DeskChannel {
  id: string
  name: string
  /** The person at the other end, when it is a direct message from the app. */
  directTo?: string
}

/** Who is in the workspace, and which conversations there are. */
export class Roster {
  readonly people: readonly DeskPerson[]
  readonly #channels: DeskChannel[]

  constructor(people: readonly DeskPerson[], channels: readonly { name: string; id: string }[]) {
    this.people = people
    this.#channels = channels.map(({ name, id }) => ({ name, id }))
  }

  /** Channels that everyone sees; direct messages are apart. */
  get channels(): DeskChannel[] {
    return this.#channels.filter(({ directTo }) => directTo === undefined)
  }

  get conversations(): readonly DeskChannel[] {
    return this.#channels
  }

  /** By Slack id, handle, or `person:<handle>`. */
  person(idOrName: string): DeskPerson | undefined {
    const name = idOrName.replace(/^person:/, '')
    return this.people.find((person) => person.slackUserId === idOrName || person.name === name)
  }

  /** By id or by name, with or without `#`. A person's Slack id means the direct message to them, as in Slack. */
  channel(idOrName: string): DeskChannel | undefined {
    const name = idOrName.replace(/^#/, '')
    const found = this.#channels.find((channel) => channel.id === idOrName || channel.name === name)
    if (found) return found
    return this.people.some(({ slackUserId }) => slackUserId === idOrName) ? this.openDirect(idOrName) : undefined
  }

  openDirect(userId: string): DeskChannel {
    const known = this.directOf(userId)
    if (known) return known
    const channel = { id: `D${userId.slice(1)}`, name: `dm-${userId}`, directTo: userId }
    this.#channels.push(channel)
    return channel
  }

  directOf(userId: string): DeskChannel | undefined {
    return this.#channels.find(({ directTo }) => directTo === userId)
  }

  /** User groups with their members, from what each person belongs to. */
  get groups(): { id: string; handle: string; members: string[] }[] {
    const handles = [...new Set(this.people.flatMap(({ groups }) => groups))].sort()
    return handles.map((handle) => ({
      // The id is made from the handle so that it is the same at each start.
      id: `S${handle.toUpperCase().replace(/[^A-Z0-9]/g, '')}`,
      handle,
      members: this.people.filter(({ groups }) => groups.includes(handle)).map(({ slackUserId }) => slackUserId),
    }))
  }
}
