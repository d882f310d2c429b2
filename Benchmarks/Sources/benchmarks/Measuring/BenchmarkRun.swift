/// Measures one case, and makes the rows that tell of it.
///
/// A peer that cannot run here costs its own row only; a wrong result costs all of them.
struct BenchmarkRun {
  let benchmark: Benchmark
  let site: Site
  let rounds: Int

  func rows() -> [Row] {
    if site.freeBytes < 2 * benchmark.diskBytes {
      let wanted = Quantity.bytes(Double(2 * benchmark.diskBytes))
      return [Row(title: benchmark.title, verdict: .leftOut(reason: "less than \(wanted) free in \(site.scratch)"))]
    }
    do {
      return try measure()
    } catch {
      Progress.say("\(benchmark.name): \(error)")
      return [Row(title: benchmark.title, verdict: .failed(reason: "\(error)"))]
    }
  }

  private func measure() throws -> [Row] {
    Progress.say("\(benchmark.name): preparing")
    let contest = try benchmark.contest(site)
    var measurements = Rounds()
    let ours = try measurements.add(contest.ours)
    let peers = contest.peers.map { peer in (peer, Result { try measurements.add(peer.contender) }) }

    Progress.say("\(benchmark.name): measuring, \(rounds) rounds")
    try measurements.run(rounds)

    var rows: [Row] = []
    for (peer, entrant) in peers {
      let name = peer.contender.name
      do {
        let theirs = try entrant.get()
        rows.append(
          Row(
            benchmark.title, measurements.samples(\.seconds, of: ours),
            against: name, measurements.samples(\.seconds, of: theirs), target: peer.target))
        guard let name = peer.processorTimeName else { continue }
        rows.append(
          Row(
            "\(benchmark.title): processor time", measurements.samples(\.processorSeconds, of: ours),
            against: name, measurements.samples(\.processorSeconds, of: theirs), target: nil))
      } catch {
        rows.append(Row(title: benchmark.title, peer: name, verdict: .failed(reason: "\(error)")))
      }
    }
    if let limit = contest.residentLimit {
      let resident = measurements.samples({ Double($0.peakResidentBytes) }, of: ours)
      rows.append(Row("\(benchmark.title): resident memory", bytes: resident, atMost: limit))
    }
    return rows
  }
}
