/// A case: work for the tool, and what that may cost.
struct Benchmark: Sendable {
  /// The name to pick it by.
  let name: String
  /// What the table calls it.
  let title: String
  let rounds: Int
  /// The disk space that inputs and cache need.
  let diskBytes: Int
  let work: Work

  enum Work: Sendable {
    /// Builds the inputs and says who is measured on them.
    case contest(@Sendable (Site) throws -> Contest)
    /// Measures each cell of a table that many times.
    case survey(@Sendable (Site, _ rounds: Int) throws -> Survey)
  }

  init(
    name: String, title: String, rounds: Int, diskBytes: Int = 200_000_000,
    contest: @escaping @Sendable (Site) throws -> Contest
  ) {
    self.init(name: name, title: title, rounds: rounds, diskBytes: diskBytes, .contest(contest))
  }

  init(
    name: String, title: String, rounds: Int, diskBytes: Int = 200_000_000,
    survey: @escaping @Sendable (Site, _ rounds: Int) throws -> Survey
  ) {
    self.init(name: name, title: title, rounds: rounds, diskBytes: diskBytes, .survey(survey))
  }

  private init(name: String, title: String, rounds: Int, diskBytes: Int, _ work: Work) {
    self.name = name
    self.title = title
    self.rounds = rounds
    self.diskBytes = diskBytes
    self.work = work
  }

  /// Whether quick runs leave it out.
  var isLarge: Bool { diskBytes > 1_000_000_000 }
}

/// What is measured in many circumstances, and held against nothing: a table of its own.
struct Survey: Sendable {
  let title: String
  let header: [String]
  let rows: [[String]]
}

/// Who is measured in turn, and what is asked of the tool.
struct Contest {
  let ours: Contender
  let peers: [Peer]
  /// How much memory the tool may have at a time, in bytes.
  var residentLimit: Int?
}

/// What the tool is held against.
struct Peer {
  let contender: Contender
  let target: TimeTarget?
  /// What the table calls the peer in a row of its own that compares processor time; nil for no such row. That time
  /// tells what was spent, whatever else the machine did, but not whether all processors were used.
  let processorTimeName: String?
  let processorTimeTarget: TimeTarget?
  /// Instead of the median, which part of both series is compared: 0.99 is what all but every hundredth run stays below.
  let quantile: Double?

  init(
    _ contender: Contender, _ target: TimeTarget? = nil, processorTimeName: String? = nil,
    processorTimeTarget: TimeTarget? = nil, quantile: Double? = nil
  ) {
    self.contender = contender
    self.target = target
    self.processorTimeName = processorTimeName
    self.processorTimeTarget = processorTimeTarget
    self.quantile = quantile
  }
}

/// How much time the tool may take, given its peer's.
enum TimeTarget {
  /// The tool's ÷ the peer's.
  case ratio(atMost: Double)
  /// The tool's - the peer's, in seconds.
  case difference(atMost: Double)
  /// The tool's, in seconds, whatever the peer's.
  case absolute(atMost: Double)
}
