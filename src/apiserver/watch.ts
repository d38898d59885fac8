/** Starting a watch: what exists first, what happened since, and then whatever commits bring. */
import { expired, tooLargeResourceVersion } from '../api/errors.ts'
import { apiVersionOf, type KubeObject } from '../api/kind.ts'
import type { WatchEvent, WatchHandle, WatchSink } from '../api/request.ts'
import type { Call } from './call.ts'
import { checkWatchOptions, parseRevision } from './list.ts'
import { select } from './select.ts'
import { served } from './versions.ts'

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'

/** Throws `ApiError` when the watch cannot start; otherwise the sink hears what there is before this returns. */
export function startWatch(call: Call, sink: WatchSink): WatchHandle {
  const { server, resource, kind, options } = call
  const { hub } = resource
  checkWatchOptions(options)
  const selection = select(call, resource, options)
  const asked = options.resourceVersion ? parseRevision(options.resourceVersion) : 0
  const current = server.storage.revision
  const target = kind === resource.kind ? sink : converting(call, sink)
  const bookmarks = options.allowWatchBookmarks === true
  if (asked === 0 || options.sendInitialEvents) {
    if (asked > current) throw tooLargeResourceVersion(asked, current)
    const inTurns = target.initial !== undefined
    const objects = options.sendInitialEvents === false ? [] : selection[inTurns ? 'oneByOne' : 'objects']()
    const end = options.sendInitialEvents ? bookmark(call, current, true) : undefined
    const initial = initialEvents(objects, end)
    if (target.initial !== undefined) target.initial(initial)
    else {
      const all = [...initial] as WatchEvent[]
      if (all.length > 0) target.events(all)
    }
    return hub.add(selection.filter, target, current, [], bookmarks)
  }
  // Nobody can have seen it but in an earlier life of this server; waiting for it would skip what happens until then.
  if (asked > current) throw expired(`too old resource version: ${asked} (${current})`)
  const replay = hub.since(asked)
  if (replay === undefined) throw expired(`too old resource version: ${asked} (${hub.oldest})`)
  return hub.add(selection.filter, target, asked, replay, bookmarks)
}

function* initialEvents(
  objects: Iterable<KubeObject | undefined>,
  end: WatchEvent | undefined,
): Iterable<WatchEvent | undefined> {
  for (const object of objects) {
    if (object === undefined) yield undefined
    else yield { type: 'ADDED', object, revision: Number(object.metadata!.resourceVersion), cause: 0 }
  }
  if (end !== undefined) yield end
}

/** How far the store is, as an event that changes nothing. */
export function bookmark(call: Pick<Call, 'kind'>, revision: number, initialEnd = false): WatchEvent {
  const metadata = {
    resourceVersion: String(revision),
    ...(initialEnd ? { annotations: Object.freeze({ [INITIAL_EVENTS_END]: 'true' }) } : {}),
  }
  const object = Object.freeze({
    kind: call.kind.kind,
    apiVersion: apiVersionOf(call.kind),
    metadata: Object.freeze(metadata),
  })
  return { type: 'BOOKMARK', object, revision, cause: 0 }
}

/** For a kind that is stored in another version. */
function converting({ kind }: Call, sink: WatchSink): WatchSink {
  const converted = (event: WatchEvent) => ({ ...event, object: served(kind, event.object as KubeObject) })
  function* each(events: Iterable<WatchEvent | undefined>): Iterable<WatchEvent | undefined> {
    for (const event of events) yield event && converted(event)
  }
  return {
    ...(sink.initial === undefined ? {} : { initial: (events) => sink.initial!(each(events)) }),
    events: (batch) => sink.events(batch.map(converted)),
    end: (error) => sink.end(error),
  }
}
