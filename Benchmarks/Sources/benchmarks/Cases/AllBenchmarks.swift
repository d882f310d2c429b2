extension Benchmark {
  /// In the order of the table.
  static let all: [Benchmark] = [
    .nothingToDo1,
    .nothingToDo10000,
    .nothingToDoBelow,
    .nothingToDoForHosts,
    .nothingToDo100000,
    .indexLost,
    .coldCorpus(.cranelift, ofEngine: 1.05, ofParallel: 1 / 1.1),
    .coldCorpus(.winch, ofEngine: 1.15, ofParallel: nil),
    .coldSmall,
    .coldHosts,
    .coldPrograms,
    .coldLargeModule,
    .load,
    .loadFirst,
    .loadOrCompile,
    .lookup,
    .remoteNothingToDo,
    .remoteFetch(roundTrip: 0, ofCompiling: 0.2),
    .remoteFetch(roundTrip: 20, ofCompiling: 0.35),
    .remoteSpeed,
    .remoteDemand,
    .watchChange,
    .watchSetUp,
  ]
}
