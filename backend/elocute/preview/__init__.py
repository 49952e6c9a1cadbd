"""Pictures that let a person judge a clip at a glance: contact sheets and curve plots."""
