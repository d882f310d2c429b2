/// Something that is measured: the tool with some work, or what it is held against.
struct Contender {
  let name: String

  /// Gets everything ready, and gives what then runs once a round.
  ///
  /// A run prepares itself, is timed, and checks that what came out is right: it throws if not.
  let prepare: () throws -> () throws -> Measurement
}
