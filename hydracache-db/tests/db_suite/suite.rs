//! The list of what every adapter is promised to do.

/// Makes a test of each behaviour, for one adapter on one database.
macro_rules! db_suite {
    ($module:ident, $adapter:ty) => {
        behaviours! { $module, $adapter,
            reads {
                a_row_is_read_once,
                a_row_that_does_not_exist_is_remembered_until_it_does,
                a_row_that_is_needed_and_is_not_there_is_not_remembered,
                an_empty_list_is_remembered_until_it_is_none,
                a_read_on_a_connection_shares_what_is_cached,
            }
            errors {
                an_error_of_the_database_is_told_and_not_cached,
                a_row_that_does_not_fit_is_told_and_not_cached,
                a_pool_without_a_free_connection_is_told_and_nothing_is_cached,
                an_old_row_stands_in_while_the_database_fails,
            }
            invalidation {
                a_tag_takes_what_carries_it,
                an_entity_takes_the_lists_it_may_stand_in,
                a_collection_takes_its_entities,
                a_key_takes_itself_alone,
                clearing_takes_the_namespace,
                two_namespaces_never_meet,
                a_global_tag_reaches_across,
            }
            transactions {
                a_commit_invalidates_and_nothing_before_it_does,
                a_rollback_invalidates_nothing,
                a_dropped_transaction_invalidates_nothing,
                a_commit_whose_connection_was_lost_may_have_happened,
                a_commit_that_the_database_refuses_invalidates_nothing,
            }
            reads_in_transactions {
                a_read_in_a_transaction_leaves_the_cache_out,
                what_was_cached_is_handed_out_where_that_was_asked_for,
                what_was_read_is_stored_by_the_commit_alone,
                what_was_changed_since_is_not_stored_by_the_commit,
                what_was_written_and_read_is_not_stored_as_it_was,
            }
            outbox {
                rows_are_there_exactly_if_the_data_is,
                a_commit_that_is_refused_writes_no_rows,
                a_commit_whose_connection_was_lost_writes_no_rows,
                without_its_table_nothing_is_committed,
            }
            flights {
                a_hundred_readers_are_one_query,
                a_caller_who_goes_away_fails_nobody,
                a_load_goes_on_when_its_only_caller_goes_away,
                an_error_is_told_to_all_who_waited,
            }
            many {
                a_thousand_of_which_nine_hundred_are_cached_are_one_query_of_a_hundred,
                ids_without_a_row_are_remembered,
                single_and_bulk_reads_share_what_is_cached,
            }
            races {
                no_read_is_older_than_what_was_acknowledged_before_it,
            }
        }
    };
}

macro_rules! behaviours {
    ($module:ident, $adapter:ty, $($group:ident { $($behaviour:ident),+ $(,)? })+) => {
        mod $module {
            $(mod $group {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $behaviour() {
                        if let Some(suite) = crate::kit::Suite::<$adapter>::start().await {
                            crate::behaviours::$group::$behaviour(suite).await;
                        }
                    }
                )+
            })+
        }
    };
}
