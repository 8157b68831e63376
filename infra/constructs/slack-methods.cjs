// Stands in for @slack/web-api/dist/methods.js, which binds every method that Slack has: 13 KB, of which Hotwork calls
// seven. What is called and is not here fails at its first call, and test/slack/manifest.test.ts holds this list to the code.
const { EventEmitter } = require('eventemitter3')

/** Every method is `apiCall` with its name. */
exports.Methods = class extends EventEmitter {
  constructor() {
    super()
    const call = (name) => (options) => this.apiCall(name, options)
    this.chat = { postMessage: call('chat.postMessage'), update: call('chat.update') }
    this.conversations = { open: call('conversations.open') }
    this.usergroups = { users: { list: call('usergroups.users.list') } }
    this.users = { info: call('users.info') }
    this.views = { open: call('views.open'), publish: call('views.publish') }
  }
}
