/// The table, and the document that keeps it.
struct Report {
  let rows: [Row]
  let surveys: [Survey]
  /// How often each case's contenders ran, by the case's name.
  let rounds: [(name: String, count: Int)]
  /// How many rounds more were made that do not count (``Rounds``).
  let uneven: Int
  let machine: MachineDescription
  /// See ``ProcessorUse/shareOfOthers(since:processors:)``.
  let othersUse: Double

  /// Whether a program did not run or gave a wrong result. A missed target is no failure.
  var hasFailures: Bool {
    rows.contains { row in
      if case .failed = row.verdict { true } else { false }
    }
  }

  var table: String {
    let header = ["case", "ours", "peer", "ratio", "target", "ok?"]
    let lines = rows.map { [$0.title, $0.ours, $0.peer, $0.ratio, $0.target, $0.verdict.text] }
    return Self.table(header, lines)
  }

  /// The tables of surveys, each below its title, with an empty line behind it.
  var surveysText: String {
    surveys.map { "## \($0.title)\n\n\(Self.table($0.header, $0.rows))\n" }.joined()
  }

  private static func table(_ header: [String], _ lines: [[String]]) -> String {
    ([header, header.map { _ in "---" }] + lines).map { "| \($0.joined(separator: " | ")) |\n" }.joined()
  }

  var document: String {
    """
    # Results

    What `make -C Benchmarks` measured last; [README.md](README.md) says what the cases mean, [PROFILE.md](PROFILE.md) where
    the time goes.

    \(table)
    Times are medians (wall clock, unless something else is said), with the first and third quartile in parentheses. All contenders of a case ran in turn, this often: \
    \(rounds.map { "\($0.name) \($0.count)" }.joined(separator: ", ")). Ratios and differences are medians of the rounds' own. \
    \(uneven) rounds more do not count, because the machine's pace changed within them.

    While this was measured, others kept \(Int((100 * othersUse).rounded())) % of the processors busy; above 5 %, \
    measure again. The same goes for runs that had to read from the disk; the table says so where most did.

    \(surveysText)## The machine

    \(machine.facts.map { "- \($0.name): \($0.value)\n" }.joined())
    """
  }
}

extension Row.Verdict {
  fileprivate var text: String {
    switch self {
    case .open: "—"
    case .met: "yes"
    case .missed: "no"
    case .failed(let reason): "failed: \(reason)"
    case .leftOut(let reason): "left out: \(reason)"
    }
  }
}
