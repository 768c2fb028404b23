/** Things, numbered from 0, that belong together in groups: at first each alone. */
export class DisjointSets {
  private readonly leader: number[]

  /** @param count how many things there are */
  constructor(count: number) {
    this.leader = Array.from({ length: count }, (_, index) => index)
  }

  /** Make one group of the groups of two things. @returns whether they were two until now */
  join(a: number, b: number): boolean {
    const [one, other] = [this.leaderOf(a), this.leaderOf(b)]
    this.leader[Math.max(one, other)] = Math.min(one, other)
    return one !== other
  }

  /** The first thing of the group that one is in. */
  leaderOf(index: number): number {
    let leader = index
    while (this.leader[leader] !== leader) leader = this.leader[leader]!
    // Straight to it the next time, and from all on the way.
    for (let at = index; at !== leader; ) {
      const next = this.leader[at]!
      this.leader[at] = leader
      at = next
    }
    return leader
  }

  /** All groups, in the order of their first things; those of one thing too. */
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
