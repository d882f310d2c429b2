internal import ArgumentParser

BenchmarksCommand.main()
