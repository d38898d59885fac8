/**
 * A persistent B+ tree: keys in bytewise order, O(log n) reads and writes, O(1) clone.
 *
 * A node belongs to the tree that made it. A write changes nodes of its own tree in place and copies those
 * of others, so clones share everything that neither has written since. Inner nodes count the live items
 * below them, which makes counting a range as cheap as finding its two ends.
 */

export interface TreeItem {
  /** 0 marks an item that is kept for its history only: it is found, but not counted. */
  readonly version: number
}

const NODE_MAX = 64
/** A node below this looks for a neighbour to merge with. */
const NODE_MIN = 16
/** Merged nodes leave room, so that the next insertion does not split them again. */
const MERGE_MAX = 48

type Owner = object

interface Leaf<T> {
  readonly owner: Owner
  readonly leaf: true
  live: number
  readonly keys: string[]
  readonly items: T[]
}

interface Inner<T> {
  readonly owner: Owner
  readonly leaf: false
  live: number
  /** `keys[i]` is at or below every key of `items[i]`, and above every key of `items[i - 1]`. */
  readonly keys: string[]
  readonly items: Node<T>[]
}

type Node<T> = Leaf<T> | Inner<T>

export class KeyTree<T extends TreeItem> {
  #root: Node<T>
  #owner: Owner = {}
  #size = 0
  /** The path of the last `find`: inner nodes from the root down, and the child taken in each. */
  readonly #pathNodes: Inner<T>[] = []
  readonly #pathSlots: number[] = []
  #depth = 0
  #leaf: Leaf<T>
  #slot = 0
  /** What the last `find` was for; undefined when its path is no longer true. */
  #foundKey: string | undefined

  constructor() {
    this.#root = this.#leaf = { owner: this.#owner, leaf: true, live: 0, keys: [], items: [] }
  }

  /** Items, also those that are kept for history only. */
  get size(): number {
    return this.#size
  }

  /** Live items. */
  get live(): number {
    return this.#root.live
  }

  /** Nodes of the tree. Visits them all: for tests of its shape. */
  countNodes(): number {
    const below = (node: Node<T>): number =>
      node.leaf ? 1 : node.items.reduce((sum, child) => sum + below(child), 1)
    return below(this.#root)
  }

  clone(): KeyTree<T> {
    const copy = new KeyTree<T>()
    copy.#root = this.#root
    copy.#size = this.#size
    // Neither side owns the shared nodes any more.
    this.#owner = {}
    return copy
  }

  get(key: string): T | undefined {
    return this.find(key)
  }

  /**
   * Like `get`, and remembers the place for a `setFound` of the same key that follows at once. Asking for
   * that key again costs nothing either: who reads a key often writes it next.
   */
  find(key: string): T | undefined {
    if (key !== this.#foundKey) this.#locate(key)
    return this.#leaf.keys[this.#slot] === key ? this.#leaf.items[this.#slot] : undefined
  }

  #locate(key: string): void {
    let node = this.#root
    let depth = 0
    while (!node.leaf) {
      const slot = childSlot(node.keys, key)
      this.#pathNodes[depth] = node
      this.#pathSlots[depth] = slot
      depth++
      node = node.items[slot]!
    }
    this.#depth = depth
    this.#leaf = node
    this.#slot = lowerBound(node.keys, key)
    this.#foundKey = key
  }

  /** Puts an item under the key that the last `find` was for. */
  setFound(item: T): void {
    const key = this.#foundKey!
    this.#ownPath()
    const leaf = this.#leaf
    const slot = this.#slot
    if (leaf.keys[slot] === key) {
      const delta = liveness(item) - liveness(leaf.items[slot]!)
      leaf.items[slot] = item
      if (delta !== 0) this.#addLive(delta)
      return
    }
    insertAt(leaf.keys, slot, key)
    insertAt(leaf.items, slot, item)
    this.#size++
    if (item.version !== 0) this.#addLive(1)
    if (leaf.keys.length <= NODE_MAX) return
    this.#split(slot)
    this.#foundKey = undefined
  }

  set(key: string, item: T): void {
    this.find(key)
    this.setFound(item)
  }

  /** Deleting what is not there does nothing. */
  delete(key: string): void {
    const item = this.find(key)
    if (item === undefined) return
    this.#ownPath()
    this.#leaf.keys.splice(this.#slot, 1)
    this.#leaf.items.splice(this.#slot, 1)
    this.#size--
    if (item.version !== 0) this.#addLive(-1)
    this.#shrink()
    this.#foundKey = undefined
  }

  /**
   * Calls `visit` for the items of `[start, end)` in order until it returns false. `visit` must not change
   * the tree.
   * @param end undefined: to the last key
   */
  scan(start: string, end: string | undefined, visit: (item: T, key: string) => boolean): void {
    scanNode(this.#root, start, end, visit)
  }

  /** The items of `[start, end)` in order. The tree must not be changed meanwhile: a clone never is. */
  items(start: string, end: string | undefined): Iterable<T> {
    return itemsBelow(this.#root, start, end)
  }

  /** The first item of `[start, end)`. */
  first(start: string, end?: string): T | undefined {
    let found: T | undefined
    this.scan(start, end, (item) => {
      found = item
      return false
    })
    return found
  }

  /** Live items in `[start, end)`. */
  countLive(start: string, end: string | undefined): number {
    const upTo = end === undefined ? this.#root.live : this.#liveBelow(end)
    return Math.max(0, upTo - (start === '' ? 0 : this.#liveBelow(start)))
  }

  #liveBelow(key: string): number {
    let node = this.#root
    let count = 0
    while (!node.leaf) {
      const slot = childSlot(node.keys, key)
      for (let i = 0; i < slot; i++) count += node.items[i]!.live
      node = node.items[slot]!
    }
    const slot = lowerBound(node.keys, key)
    for (let i = 0; i < slot; i++) count += liveness(node.items[i]!)
    return count
  }

  #addLive(delta: number): void {
    this.#leaf.live += delta
    for (let i = 0; i < this.#depth; i++) this.#pathNodes[i]!.live += delta
  }

  /** Makes every node of the found path this tree's own. */
  #ownPath(): void {
    const owner = this.#owner
    for (let i = 0; i < this.#depth; i++) {
      const node = this.#pathNodes[i]!
      if (node.owner === owner) continue
      const copy: Inner<T> = {
        owner,
        leaf: false,
        live: node.live,
        keys: node.keys.slice(),
        items: node.items.slice(),
      }
      this.#replaceInParent(i, copy)
      this.#pathNodes[i] = copy
    }
    const leaf = this.#leaf
    if (leaf.owner === owner) return
    this.#leaf = { owner, leaf: true, live: leaf.live, keys: leaf.keys.slice(), items: leaf.items.slice() }
    this.#replaceInParent(this.#depth, this.#leaf)
  }

  #replaceInParent(depth: number, node: Node<T>): void {
    if (depth === 0) this.#root = node
    else this.#pathNodes[depth - 1]!.items[this.#pathSlots[depth - 1]!] = node
  }

  /** Splits the overfull leaf of the found path, and then whatever overflows above it. */
  #split(insertedSlot: number): void {
    const leaf = this.#leaf
    // Keys that arrive in order would leave every leaf half empty if it were cut in the middle.
    const cut = insertedSlot === leaf.keys.length - 1 ? NODE_MAX : leaf.keys.length >> 1
    let right: Node<T> = {
      owner: this.#owner,
      leaf: true,
      live: 0,
      keys: leaf.keys.splice(cut),
      items: leaf.items.splice(cut),
    }
    right.live = right.items.reduce((sum, item) => sum + liveness(item), 0)
    leaf.live -= right.live
    let left: Node<T> = leaf

    for (let depth = this.#depth - 1; depth >= 0; depth--) {
      const parent = this.#pathNodes[depth]!
      const slot = this.#pathSlots[depth]! + 1
      insertAt(parent.keys, slot, right.keys[0]!)
      insertAt(parent.items, slot, right)
      if (parent.keys.length <= NODE_MAX) return
      const middle = slot === parent.keys.length - 1 ? NODE_MAX : parent.keys.length >> 1
      const sibling: Inner<T> = {
        owner: this.#owner,
        leaf: false,
        live: 0,
        keys: parent.keys.splice(middle),
        items: parent.items.splice(middle),
      }
      sibling.live = sibling.items.reduce((sum, child) => sum + child.live, 0)
      parent.live -= sibling.live
      left = parent
      right = sibling
    }
    this.#root = {
      owner: this.#owner,
      leaf: false,
      live: left.live + right.live,
      keys: [left.keys[0] ?? '', right.keys[0]!],
      items: [left, right],
    }
  }

  /** After a deletion: drops or merges what became too small, from the leaf up. */
  #shrink(): void {
    let node: Node<T> = this.#leaf
    for (let depth = this.#depth - 1; depth >= 0; depth--) {
      if (node.keys.length >= NODE_MIN) return
      const parent = this.#pathNodes[depth]!
      const slot = this.#pathSlots[depth]!
      if (node.keys.length === 0) {
        parent.keys.splice(slot, 1)
        parent.items.splice(slot, 1)
      } else if (!mergeChildren(this.#owner, parent, slot) && !mergeChildren(this.#owner, parent, slot - 1)) {
        return
      }
      node = parent
    }
    while (!this.#root.leaf && this.#root.items.length === 1) this.#root = this.#root.items[0]!
    if (this.#root.keys.length === 0) {
      this.#root = { owner: this.#owner, leaf: true, live: 0, keys: [], items: [] }
    }
  }
}

/** Joins child `slot` and its right neighbour if they fit in one node. */
function mergeChildren<T>(owner: Owner, parent: Inner<T>, slot: number): boolean {
  const left = parent.items[slot]
  const right = parent.items[slot + 1]
  if (left === undefined || right === undefined || left.keys.length + right.keys.length > MERGE_MAX)
    return false
  const keys = left.keys.concat(right.keys)
  const live = left.live + right.live
  if (left.leaf && right.leaf) {
    parent.items[slot] = { owner, leaf: true, live, keys, items: left.items.concat(right.items) }
  } else if (!left.leaf && !right.leaf) {
    // The first key of an inner node may lag behind; the parent knows the true boundary.
    keys[left.keys.length] = parent.keys[slot + 1]!
    parent.items[slot] = { owner, leaf: false, live, keys, items: left.items.concat(right.items) }
  }
  parent.keys.splice(slot + 1, 1)
  parent.items.splice(slot + 1, 1)
  return true
}

function scanNode<T extends TreeItem>(
  node: Node<T>,
  start: string,
  end: string | undefined,
  visit: (item: T, key: string) => boolean,
): boolean {
  const { keys } = node
  if (!node.leaf) {
    for (let i = childSlot(keys, start); i < keys.length; i++) {
      if (i > 0 && end !== undefined && keys[i]! >= end) return false
      if (!scanNode(node.items[i]!, start, end, visit)) return false
    }
    return true
  }
  const { items } = node
  let stop = keys.length
  const cutHere = end !== undefined && stop > 0 && keys[stop - 1]! >= end
  if (cutHere) stop = lowerBound(keys, end)
  for (let i = lowerBound(keys, start); i < stop; i++) if (!visit(items[i]!, keys[i]!)) return false
  return !cutHere
}

function* itemsBelow<T extends TreeItem>(node: Node<T>, start: string, end: string | undefined): Iterable<T> {
  const { keys } = node
  const from = node.leaf ? lowerBound(keys, start) : childSlot(keys, start)
  for (let i = from; i < keys.length; i++) {
    // The first key of an inner node may lag behind.
    if (end !== undefined && keys[i]! >= end && (node.leaf || i > 0)) return
    if (node.leaf) yield node.items[i]!
    else yield* itemsBelow(node.items[i]!, start, end)
  }
}

function liveness(item: TreeItem): 0 | 1 {
  return item.version === 0 ? 0 : 1
}

/** Index of the first key >= `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

/** Index of the child that holds `key`: the last whose first key is at or below it. */
function childSlot(keys: readonly string[], key: string): number {
  let low = 1
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! <= key) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Array.prototype.splice, without the array that it returns. */
function insertAt<E>(array: E[], index: number, element: E): void {
  array.push(element)
  for (let i = array.length - 1; i > index; i--) array[i] = array[i - 1]!
  array[index] = element
}
