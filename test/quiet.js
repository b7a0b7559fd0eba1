// Node 20 is supported here, and pinned versions of the SDK are (README, "Runs on"): one line a test file says nothing new.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
