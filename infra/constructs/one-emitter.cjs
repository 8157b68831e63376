// p-queue brings an event emitter of its own, an older one of the same: the other is in the bundle already. 3 KB less.
module.exports = require('../../../eventemitter3')
