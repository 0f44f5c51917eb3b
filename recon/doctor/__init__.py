"""What is wrong between a workspace and the systems that it names, each in a sentence with its mend."""
