import CBuild
import Commands

CommandLineTool.main(commit: String(cString: cbuild_commit()))
