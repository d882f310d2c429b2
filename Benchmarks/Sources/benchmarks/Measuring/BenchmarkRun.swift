/// Measures one case, and makes the rows that tell of it.
///
/// A peer that cannot run here costs its own row only; a wrong result costs all of them.
struct BenchmarkRun {
  let benchmark: Benchmark
  let site: Site
  let rounds: Int

  /// What came out: lines of the table, and a table of its own for a survey.
  struct Outcome {
    /// How many rounds do not count.
    var uneven = 0
    var rows: [Row] = []
    var surveys: [Survey] = []
  }

  func outcome() -> Outcome {
    if site.freeBytes < 2 * benchmark.diskBytes {
      let wanted = Quantity.bytes(Double(2 * benchmark.diskBytes))
      return without(.leftOut(reason: "less than \(wanted) free in \(site.scratch)"))
    }
    do {
      Progress.say("\(benchmark.name): preparing")
      switch benchmark.work {
      case .contest(let contest): return try measure(contest(site))
      case .survey(let survey): return Outcome(surveys: [try survey(site, rounds)])
      }
    } catch {
      Progress.say("\(benchmark.name): \(error)")
      return without(Self.verdict(error))
    }
  }

  private func without(_ verdict: Row.Verdict) -> Outcome {
    Outcome(rows: [Row(title: benchmark.title, verdict: verdict)])
  }

  private static func verdict(_ error: any Error) -> Row.Verdict {
    error is Unavailable ? .leftOut(reason: "\(error)") : .failed(reason: "\(error)")
  }

  private func measure(_ contest: Contest) throws -> Outcome {
    var entrants = Rounds(processors: site.cores)
    let ours = try entrants.add(contest.ours)
    let peers = contest.peers.map { peer in (peer, Result { try entrants.add(peer.contender) }) }

    site.waitUntilRemovalsAreForgotten()
    site.settle()
    Progress.say("\(benchmark.name): measuring, \(rounds) rounds")
    try entrants.run(rounds)
    if entrants.uneven > 0 {
      Progress.say("\(benchmark.name): \(entrants.uneven) rounds do not count: the machine's pace changed in them")
    }

    var rows: [Row] = []
    for (peer, entrant) in peers {
      switch entrant {
      case .success(let index): rows += self.rows(entrants.series[ours], against: entrants.series[index], of: peer)
      case .failure(let error):
        rows.append(Row(title: benchmark.title, peer: peer.contender.name, verdict: Self.verdict(error)))
      }
    }
    let served = entrants.series[ours].measurements.compactMap(\.serverSeconds)
    if !served.isEmpty {
      rows.append(Row("\(benchmark.title): the server's processor time", serverSeconds: Samples(served)))
    }
    if let limit = contest.residentLimit {
      let bytes = entrants.series[ours].samples { Double($0.run.peakResidentBytes) }
      rows.append(Row("\(benchmark.title): resident memory", bytes: bytes, atMost: limit))
    }
    return Outcome(uneven: entrants.uneven, rows: rows)
  }

  private func rows(_ ours: Series, against theirs: Series, of peer: Peer) -> [Row] {
    if let quantile = peer.quantile {
      let title = "\(benchmark.title): p\(Int((100 * quantile).rounded()))"
      return [Row(title, ours, against: peer.contender.name, theirs, quantile: quantile, target: peer.target)]
    }
    let time = Row(benchmark.title, ours, against: peer.contender.name, theirs, \.seconds, target: peer.target)
    guard let name = peer.processorTimeName else { return [time] }
    let title = "\(benchmark.title): processor time"
    return [time, Row(title, ours, against: name, theirs, \.processorSeconds, target: peer.processorTimeTarget)]
  }
}
