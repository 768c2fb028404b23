/** Disjoint groups of things, numbered from 0: at first each thing is alone. */
export class DisjointSets {
  private readonly leader: number[]

  /** @param count how many things there are */
  constructor(count: number) {
    this.leader = Array.from({ length: count }, (_, index) => index)
  }

  /**
   * Join the groups of two things.
   * @returns whether they were separate before
   */
  join(a: number, b: number): boolean {
    const [one, other] = [this.leaderOf(a), this.leaderOf(b)]
    this.leader[Math.max(one, other)] = Math.min(one, other)
    return one !== other
  }

  /** The representative of the group that a thing is in. */
  leaderOf(index: number): number {
    let leader = index
    while (this.leader[leader] !== leader) leader = this.leader[leader]!
    // Path compression: next time it is one step away, also for all things on the way.
    for (let at = index; at !== leader; ) {
      const next = this.leader[at]!
      this.leader[at] = leader
      at = next
    }
    return leader
  }

  /** All groups, single things included, in the order of their first things. */
  all(): number[][] {
    const groups = new Map<number, number[]>()
    for (const index of this.leader.keys()) {
      const leader = this.leaderOf(index)
      const group = groups.get(leader)
      if (group) group.push(index)
      else groups.set(leader, [index])
    }
    return [...groups.values()]
  }
}
