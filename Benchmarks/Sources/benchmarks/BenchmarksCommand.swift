internal import ArgumentParser

/// Measures the tool against its peers, in one run, and prints one table.
struct BenchmarksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks", abstract: "Measure wasmprecompile against its peers.",
    discussion: "Run it by `make -C Benchmarks`, which builds what it measures.",
    subcommands: [Run.self, EngineAloneCommand.self, HostCommand.self, RelayCommand.self], defaultSubcommand: Run.self)

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Measure (the default).")

    @Option(help: "Only the cases whose names contain this. Repeatable.")
    var filter: [String] = []

    @Option(help: "How often each contender of a case runs, instead of the case's own number.")
    var rounds: Int?

    @Flag(help: "Few rounds, and without the cases that need gigabytes: for a first look.")
    var quick = false

    @Flag(help: "Only print the cases' names.")
    var list = false

    @Option(help: "The tool to measure.")
    var tool = ".build/installed/bin/wasmprecompile"

    @Option(help: "Directory of real modules. Where it is missing, modules are generated.")
    var corpus = "../../shared/corpus/modules"

    @Option(help: "Directory for inputs, caches and peers; kept for the next run.")
    var scratch = ".build/scratch"

    @Option(help: "The file for the results, unless only some cases run or they run quickly.")
    var results = "RESULTS.md"

    func validate() throws {
      if let rounds, rounds < 1 { throw ValidationError("--rounds must be at least 1") }
      if benchmarks.isEmpty { throw ValidationError("no case fits the filter; --list names them") }
    }

    func run() throws {
      if list {
        print(benchmarks.map(\.name).joined(separator: "\n"))
        return
      }
      let site = try Site(
        tool: tool, corpus: Files.exists(corpus) ? corpus : nil, peers: "peers", scratch: scratch)
      let machine = MachineDescription(of: site)
      let use = ProcessorUse.now()
      let outcomes = benchmarks.map { BenchmarkRun(benchmark: $0, site: site, rounds: rounds(of: $0)).outcome() }
      let report = Report(
        rows: outcomes.flatMap(\.rows), surveys: outcomes.flatMap(\.surveys),
        rounds: benchmarks.map { ($0.name, rounds(of: $0)) }, uneven: outcomes.reduce(0) { $0 + $1.uneven },
        machine: machine,
        othersUse: ProcessorUse.now().shareOfOthers(since: use, processors: site.cores))
      if !report.rows.isEmpty { print(report.table) }
      print(report.surveysText, terminator: "")
      if isComplete {
        try Files.write(report.document, to: results)
        Progress.say("wrote \(results)")
      }
      if report.hasFailures { throw ExitCode.failure }
    }

    private var benchmarks: [Benchmark] {
      Benchmark.all.filter { benchmark in
        let isWanted = filter.isEmpty || filter.contains(where: benchmark.name.contains)
        return isWanted && !(quick && benchmark.isLarge)
      }
    }

    private var isComplete: Bool { filter.isEmpty && !quick }

    private func rounds(of benchmark: Benchmark) -> Int {
      rounds ?? (quick ? min(3, benchmark.rounds) : benchmark.rounds)
    }
  }
}
